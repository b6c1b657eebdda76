const FIELD = 'token';
/** A longer one is nobody's; cut off, it is refused as such. */
const MAX_CHARS = 128;

/** The token of a wall link, `/wall/#token=…`. A fragment never leaves the browser, so it is in no log. */
export function readLinkToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, '')).get(FIELD);
  return token ? token.slice(0, MAX_CHARS) : null;
}
