/**
 * The pages are each one level below the path that the gateway is served below, which they need not know: addresses of one
 * another and of the API are relative to the page that is shown.
 */
export const HOME = '../wall/';
export const ACCOUNT = '../account/';

/** Why somebody is at the sign-in page; it says so. */
export const REASONS = ['signed-out', 'session-ended', 'link-revoked'] as const;
export type Reason = (typeof REASONS)[number];

/**
 * Where to go after signing in: one of the gateway's pages and nothing else, whatever the address says (open redirects,
 * CWE-601). Without the fragment, which may carry a token. @param here the sign-in page's own address.
 */
export function readNext(search: string, here: string): string {
  const asked = new URLSearchParams(search).get('next');
  const url = asked?.startsWith('/') ? resolve(asked, here) : null;
  const base = new URL('..', here);
  if (url === null || url.origin !== base.origin) return HOME;
  // `/.//elsewhere` is of this origin, but its path alone would lead to another.
  if (!url.pathname.startsWith(base.pathname) || url.pathname.startsWith('//')) return HOME;
  if (url.pathname.startsWith(`${base.pathname}sign-in`)) return HOME;
  return url.pathname + url.search;
}

/** URL.canParse is younger than the oldest browser that the pages are for. */
function resolve(address: string, base: string): URL | null {
  try {
    return new URL(address, base);
  } catch {
    return null;
  }
}

export function readReason(search: string): Reason | null {
  const asked = new URLSearchParams(search).get('reason');
  return REASONS.find((reason) => reason === asked) ?? null;
}

export function signInAddress(next: string, reason: Reason | null): string {
  const query = new URLSearchParams({ next });
  if (reason !== null) query.set('reason', reason);
  return `../sign-in/?${query}`;
}
