export const HOME = '/wall/';

/** Why somebody is at the sign-in page; it says so. */
export const REASONS = ['signed-out', 'session-ended', 'link-revoked'] as const;
export type Reason = (typeof REASONS)[number];

/**
 * Where to go after signing in: a page of this origin and nothing else, whatever the address says (open redirects,
 * CWE-601). Without the fragment, which may carry a token.
 */
export function readNext(search: string, origin: string): string {
  const asked = new URLSearchParams(search).get('next');
  if (asked === null || !asked.startsWith('/') || !URL.canParse(asked, origin)) return HOME;
  const url = new URL(asked, origin);
  // `/.//elsewhere` is of this origin, but its path alone would lead to another.
  if (url.origin !== origin || url.pathname.startsWith('//')) return HOME;
  if (url.pathname.startsWith('/sign-in')) return HOME;
  return url.pathname + url.search;
}

export function readReason(search: string): Reason | null {
  const asked = new URLSearchParams(search).get('reason');
  return REASONS.find((reason) => reason === asked) ?? null;
}

export function signInAddress(next: string, reason: Reason | null): string {
  const query = new URLSearchParams({ next });
  if (reason !== null) query.set('reason', reason);
  return `/sign-in/?${query}`;
}
