/** Random secrets, and what is kept of them. */
import { createHash, randomBytes, randomInt } from 'node:crypto';

/** Without 0/o, 1/i/l: it is read from paper or over the phone. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';

function letters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** What a token begins with says what it is, to people who find one and to programs that look for lost ones. */
export type TokenKind = 'session' | 'link';
const PREFIXES: Record<TokenKind, string> = { session: 'manyi_s_', link: 'manyi_l_' };

/** 256 random bits. */
export function newToken(kind: TokenKind): string {
  return PREFIXES[kind] + randomBytes(32).toString('base64url');
}

export function kindOf(token: string): TokenKind | null {
  if (token.length > 64) return null;
  if (token.startsWith(PREFIXES.session)) return 'session';
  return token.startsWith(PREFIXES.link) ? 'link' : null;
}

/** A token is random: there is no dictionary to slow down, and it is looked up at every request. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

export function newId(prefix: string): string {
  return `${prefix}-${letters(12)}`;
}

/** 79 bits, in groups that can be read out. */
export function newOneTimePassword(): string {
  return [letters(4), letters(4), letters(4), letters(4)].join('-');
}
