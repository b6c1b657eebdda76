/** Where a request's token is: in the session cookie of a browser, or in the Authorization header of a program. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { CallerOf } from './caller.ts';

/** A browser keeps a cookie at most so long (RFC 6265bis, 5.5: 400 days); a wall's is renewed whenever it looks. */
const LONGEST_S = 400 * 24 * 3_600;

export type Credentials = { token: string; from: 'cookie' | 'bearer' };

export type Cookies = {
  read(request: IncomingMessage): Credentials | null;
  session(request: IncomingMessage, token: string, expiresAt: number): string;
  cleared(request: IncomingMessage): string;
};

/** @param basePath what the pages are below: the cookie is for them, and no neighbour on the same host is sent it. */
export function createCookies(callerOf: CallerOf, basePath: string, now: () => number): Cookies {
  const nameFor = (request: IncomingMessage) => cookieName(callerOf(request).secure, basePath);
  const write = (request: IncomingMessage, value: string, maxAge: number) =>
    stringifySetCookie({
      name: nameFor(request),
      value,
      maxAge,
      path: basePath || '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: callerOf(request).secure,
    });
  return {
    read: (request) => credentialsOf(request.headers, nameFor(request)),
    session: (request, token, expiresAt) =>
      write(request, token, Math.min(LONGEST_S, Math.max(0, Math.floor((expiresAt - now()) / 1_000)))),
    cleared: (request) => write(request, '', 0),
  };
}

/**
 * With TLS, a name that no page of another host and no page without TLS can set (RFC 6265bis, 4.1.3.2). That one is for a
 * whole host; below a path it is the name that no page without TLS can set (4.1.3.1).
 */
export function cookieName(secure: boolean, basePath = ''): string {
  if (!secure) return 'manyi_session';
  return basePath === '' ? '__Host-manyi_session' : '__Secure-manyi_session';
}

/** `Authorization` goes first: a program that sends it means it. */
export function credentialsOf(headers: IncomingHttpHeaders, name: string): Credentials | null {
  const { authorization, cookie } = headers;
  if (authorization !== undefined) {
    const token = /^Bearer +([A-Za-z0-9_-]{1,128})$/i.exec(authorization)?.[1] ?? '';
    return { token, from: 'bearer' };
  }
  const token = cookie === undefined ? undefined : parseCookie(cookie)[name];
  return token === undefined || token === '' ? null : { token, from: 'cookie' };
}
