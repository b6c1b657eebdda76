/** Does a request come from a page of ours? */
import type { IncomingHttpHeaders } from 'node:http';

/** No Origin: no browser, or one that asks the host of the page it shows. */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  try {
    return host !== undefined && new URL(origin).host === host.toLowerCase();
  } catch {
    return false;
  }
}

/**
 * Of a request that changes something (cross-site request forgery, OWASP: verify the origin with standard headers). Browsers
 * send Origin with every such request, and Sec-Fetch-Site; a client that sends neither is no browser, and nobody can
 * make it send a cookie that is not its own.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) return isAllowedOrigin(origin, host, allowed);
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
