/** Validators of answers (RFC 9110, 8.8.3 and 13.1.2), so that what somebody has already is not sent again. */
import { createHash } from 'node:crypto';

/** Weak, because an answer may be compressed or not. @param parts all that the answer depends on */
export function etagOf(parts: readonly unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  return `W/"${hash.slice(0, 22)}"`;
}

/** @param ifNoneMatch the header of that name */
export function namesTag(ifNoneMatch: string | undefined, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return (ifNoneMatch ?? '').split(',').some((tag) => opaque(tag) === opaque(etag));
}
