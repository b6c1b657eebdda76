/**
 * Whoever may connect to a database may notify in it, though they may read no table of it. So what gateways tell each other is signed
 * with a key that only they have: a vote that nobody has stored would be acknowledged by a word.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Half of a SHA-256 (RFC 2104, section 5), base64url. */
export const SIGNATURE_CHARS = 22;

export type NoticeSignature = {
  sign(body: string): string;
  /** @returns null for what none of ours has signed. */
  open(notice: string): string | null;
};

/** @param auditKey what is signed with is made of it; null where it is gone */
export function createNoticeSignature(auditKey: Buffer | null): NoticeSignature {
  const key = createHmac('sha256', auditKey ?? '')
    .update('manyi notices')
    .digest();
  const signatureOf = (body: string) =>
    createHmac('sha256', key).update(body).digest().subarray(0, 16).toString('base64url');
  return {
    sign: (body) => signatureOf(body) + body,
    open(notice) {
      const body = notice.slice(SIGNATURE_CHARS);
      const claimed = Buffer.from(notice.slice(0, SIGNATURE_CHARS));
      const own = Buffer.from(signatureOf(body));
      return claimed.length === own.length && timingSafeEqual(claimed, own) ? body : null;
    },
  };
}
