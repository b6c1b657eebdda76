import { ACCOUNT_NAME_PATTERN } from '../../protocol/session.ts';
import { readShownText } from '../domain/shown-text.ts';
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
  const { text, fault } = readShownText(name, MAX_DISPLAY_CHARS);
  if (text === null)
    throw new PeopleRefusal('display-name-invalid', `choose another name to show: it ${fault}`);
  return text;
}
