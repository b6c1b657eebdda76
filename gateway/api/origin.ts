/** Does a request come from a page of ours? */
import type { IncomingHttpHeaders } from 'node:http';

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
    return host !== undefined && page.host === host.toLowerCase();
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
): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) return isAllowedOrigin(origin, host, allowed, secure);
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
