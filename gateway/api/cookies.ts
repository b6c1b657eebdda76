/** Where a request's token is: in the session cookie of a browser, or in the Authorization header of a program. */
import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';

/** A browser keeps a cookie at most so long (RFC 6265bis, 5.5: 400 days); a wall's is renewed whenever it looks. */
const LONGEST_S = 400 * 24 * 3_600;

export type Credentials = { token: string; from: 'cookie' | 'bearer' };

/** With TLS, a name that no page of another host and no page without TLS can set (RFC 6265bis, 4.1.3.2). */
export function cookieName(secure: boolean): string {
  return secure ? '__Host-manyi_session' : 'manyi_session';
}

/** `Authorization` goes first: a program that sends it means it. */
export function credentialsOf(headers: IncomingHttpHeaders, secure: boolean): Credentials | null {
  const { authorization, cookie } = headers;
  if (authorization !== undefined) {
    const token = /^Bearer +([A-Za-z0-9_-]{1,128})$/i.exec(authorization)?.[1] ?? '';
    return { token, from: 'bearer' };
  }
  const token = cookie === undefined ? undefined : parseCookie(cookie)[cookieName(secure)];
  return token === undefined || token === '' ? null : { token, from: 'cookie' };
}

export function sessionCookie(token: string, expiresAt: number, now: number, secure: boolean): string {
  const maxAge = Math.min(LONGEST_S, Math.max(0, Math.floor((expiresAt - now) / 1_000)));
  return stringifySetCookie({
    name: cookieName(secure),
    value: token,
    maxAge,
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
  });
}

export function clearedCookie(secure: boolean): string {
  return sessionCookie('', 0, 0, secure);
}
