import { readShownText } from '../domain/shown-text.ts';
import { OrgRefusal } from '../store/failures.ts';

/** Characters of why somebody has decided something. */
export const MAX_REASON_CHARS = 200;

/** A title or a name of a person's own making, beside a reason. @throws OrgRefusal `text-invalid`. */
export function readTitle(given: string, what: 'title' | 'name'): string {
  const { text, fault } = readShownText(given, MAX_REASON_CHARS);
  if (text === null) throw new OrgRefusal('text-invalid', `write the ${what} otherwise: it ${fault}`);
  return text;
}

/** A reason as it goes into the audit. @throws OrgRefusal `reason-invalid`. */
export function readReason(given: string): string {
  const { text, fault } = readShownText(given, MAX_REASON_CHARS);
  if (text === null) throw new OrgRefusal('reason-invalid', `say the reason in other words: it ${fault}`);
  return text;
}
