/**
 * What a technician gives a new terminal: `{terminal}.{secret}.{authority}`. The secret is good for one key and a limited time;
 * `authority` is the fingerprint of the gateway's certificate authority, so that a terminal knows its gateway from a
 * stranger's before it says anything.
 */
import { TERMINAL_ID_PATTERN } from './ids.ts';

export type EnrolmentCode = { terminalId: string; secret: string; authority: string };

/** 128 random bits. */
export const SECRET_BYTES = 16;
/** The first 160 bits of the SHA-256 of the authority's public key (its SubjectPublicKeyInfo, DER). */
export const FINGERPRINT_BYTES = 20;

/** RFC 4648, section 6, in lower case and without padding. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const SECRET_CHARS = 26;
const AUTHORITY_CHARS = 32;
const SHAPE = new RegExp(
  `^([a-z0-9-]{2,23})\\.([a-z2-7]{${SECRET_CHARS}})\\.([a-z2-7]{${AUTHORITY_CHARS}})$`,
);

export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

export function formatEnrolmentCode({ terminalId, secret, authority }: EnrolmentCode): string {
  return `${terminalId}.${secret}.${authority}`;
}

/**
 * What is wrong with a code, as far as it can be seen without asking the gateway: `cut-off` its end is missing, `mistyped` a
 * part is too long or has a character that codes do not have. Null when its form is right.
 */
export function faultOfCode(text: string): 'cut-off' | 'mistyped' | null {
  if (parseEnrolmentCode(text) !== null) return null;
  const [terminalId = '', secret = '', authority = '', ...more] = text.trim().toLowerCase().split('.');
  const isAsFar = (part: string, whole: number) => part.length <= whole && /^[a-z2-7]*$/.test(part);
  const isCut =
    new RegExp(TERMINAL_ID_PATTERN).test(terminalId) &&
    more.length === 0 &&
    isAsFar(secret, SECRET_CHARS) &&
    isAsFar(authority, AUTHORITY_CHARS) &&
    // Only the last part that is there can have been cut.
    (authority === '' || secret.length === SECRET_CHARS);
  return isCut ? 'cut-off' : 'mistyped';
}

/** @returns null for what is no code; white space around it, and capitals, are a person's. */
export function parseEnrolmentCode(text: string): EnrolmentCode | null {
  const [, terminalId, secret, authority] = SHAPE.exec(text.trim().toLowerCase()) ?? [];
  if (terminalId === undefined || secret === undefined || authority === undefined) return null;
  return new RegExp(TERMINAL_ID_PATTERN).test(terminalId) ? { terminalId, secret, authority } : null;
}
