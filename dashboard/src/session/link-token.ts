const FIELD = 'token';
const MAX_LENGTH = 512;

/** The token of a wall link, `/wall/#token=…`. A fragment never leaves the browser, so it is in no log. */
export function readLinkToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, '')).get(FIELD);
  return token === null || token === '' || token.length > MAX_LENGTH ? null : token;
}
