/**
 * Which passwords are taken (NIST SP 800-63B, 5.1.1.2: a length, and nothing that is guessed first; no rules about kinds of
 * characters, which make people choose what is easy to guess and hard to remember).
 */
import { PASSWORD_CHARS } from '../../protocol/session.ts';

/** Of the lists of leaked passwords, those that are long enough to be asked about. */
const COMMON = new Set([
  'qwertyuiopas',
  'qwertyuiop12',
  'qwertyuiop123',
  'qwerty123456',
  'qwertyuiop[]',
  '1q2w3e4r5t6y',
  '1q2w3e4r5t6y7u',
  '1qaz2wsx3edc',
  '1qaz2wsx3edc4rfv',
  'qazwsxedcrfv',
  'zaq12wsxcde3',
  'q1w2e3r4t5y6',
  'asdfghjkl123',
  'zxcvbnm12345',
  'password1234',
  'password12345',
  'password123456',
  'passwordpassword',
  'administrator',
  'administrator1',
  'admin1234567',
  'admin12345678',
  'adminadminadmin',
  'iloveyou1234',
  'letmeinletmein',
  'welcome12345',
  'changemeplease',
  'a123456789012',
  'woaini1314520',
  'woaini5201314',
  'woaizhongguo',
  'zhongguo1234',
  'manyimanyimanyi',
  'manyi1234567',
  'manyi12345678',
]);

/** One spelling for what looks the same, whatever keyboard it was typed on (NIST SP 800-63B, 5.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/** @returns why the password is not taken, or null. */
export function weaknessOf(password: string, name: string): string | null {
  const text = normalizePassword(password);
  const length = [...text].length;
  if (length < PASSWORD_CHARS.min) return `it must have at least ${PASSWORD_CHARS.min} characters`;
  if (length > PASSWORD_CHARS.max) return `it must have at most ${PASSWORD_CHARS.max} characters`;
  const lower = text.toLowerCase();
  if (name !== '' && [...lower.replaceAll(name, '')].length < PASSWORD_CHARS.min / 2)
    return 'it must be more than the name';
  if (COMMON.has(lower)) return 'it is one of those that are guessed first';
  if (isRepetition(lower)) return 'it must not repeat the same few characters';
  if (isRun(lower)) return 'it must not be a row of neighbouring characters';
  return null;
}

/** At most three characters over and over: aaaaaaaaaaaa, abcabcabcabc. */
function isRepetition(text: string): boolean {
  return [1, 2, 3].some((period) => text === text.slice(0, period).repeat(text.length).slice(0, text.length));
}

/** abcdefghijkl, 123456789012: each character one after the one before it, round from 9 to 0. */
function isRun(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, at) => {
    const step = code - (codes[at] as number);
    return step === -9 ? 1 : step === 9 ? -1 : step;
  });
  return steps.every((step) => step === 1) || steps.every((step) => step === -1);
}
