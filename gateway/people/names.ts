import { ACCOUNT_NAME_PATTERN } from '../../protocol/session.ts';
import { PeopleRefusal } from './refusal.ts';

const MAX_DISPLAY_CHARS = 80;
const NAME = new RegExp(ACCOUNT_NAME_PATTERN);

/** What a person typed into a field for a name, as names are kept. */
export function foldName(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase();
}

/** @throws PeopleRefusal `name-invalid`. */
export function checkName(name: string): string {
  if (!NAME.test(name))
    throw new PeopleRefusal('name-invalid', `a name to sign in with matches ${ACCOUNT_NAME_PATTERN}`);
  return name;
}

/** @throws PeopleRefusal `display-name-invalid`. */
export function checkDisplayName(name: string): string {
  const clean = name.normalize('NFC').trim();
  if (clean === '' || [...clean].length > MAX_DISPLAY_CHARS || /\p{Cc}/u.test(clean))
    throw new PeopleRefusal(
      'display-name-invalid',
      `a name to show has 1 to ${MAX_DISPLAY_CHARS} printable characters`,
    );
  return clean;
}
