/** Does a request come from a page of ours? */
import type { IncomingHttpHeaders } from 'node:http';

/** What to do about a page that is not taken for one of the gateway's. */
export const foreignOrigin = (what: string) =>
  `this page may not ${what}: it is of another host than the gateway was asked by. Behind a proxy, let it pass Host on, or set MANYI_TRUSTED_PROXIES; for a page of another site, MANYI_ALLOWED_ORIGINS`;

/** No Origin: no browser, or one that asks the host of the page it shows. */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
  secure = false,
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  try {
    const page = new URL(origin);
    // Under TLS, a page of the same name without it may be anybody's on the way.
    if (secure && page.protocol !== 'https:') return false;
    // A browser leaves the scheme's own port out, and some proxies write it.
    const asked = host?.toLowerCase().replace(page.protocol === 'https:' ? /:443$/ : /:80$/, '');
    return page.host === asked;
  } catch {
    return false;
  }
}

/**
 * Of a request that changes something (cross-site request forgery, OWASP: verify the origin with standard headers). Browsers
 * send Origin with every such request, and Sec-Fetch-Site; a client that sends neither is no browser, and nobody can
 * make it send a cookie that is not its own.
 */
export function isSameOrigin(
  headers: IncomingHttpHeaders,
  allowed: readonly string[],
  secure: boolean,
  host = headers.host,
): boolean {
  const { origin } = headers;
  if (origin !== undefined) return isAllowedOrigin(origin, host, allowed, secure);
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
