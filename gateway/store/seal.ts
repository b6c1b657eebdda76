/**
 * What is stored where others can read it, and only gateways may: AES-256-GCM (NIST SP 800-38D) with a nonce by chance. The name
 * is authenticated with it, so that nothing can be put in another one's place; and so is the key's id.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

export const SEAL_KEY_BYTES = 32;
const ALGORITHM = 'aes-256-gcm';
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_BYTES = 8;

export type Seal = {
  /** Names the key, and tells nothing of it. */
  readonly id: string;
  /** @returns format, nonce, what cannot be read, tag. */
  close(name: string, secret: Buffer): Buffer;
  /** @returns null for what was not closed with this key under this name, or has been changed since. */
  open(name: string, sealed: Buffer): Buffer | null;
};

export function createSeal(key: Buffer): Seal {
  const id = createHmac('sha256', key)
    .update('manyi seal id')
    .digest('hex')
    .slice(0, 2 * ID_BYTES);
  const about = (name: string) => Buffer.from(JSON.stringify(['manyi seal', FORMAT, id, name]));
  return {
    id,
    close(name, secret) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(about(name));
      const hidden = Buffer.concat([cipher.update(secret), cipher.final()]);
      return Buffer.concat([Buffer.from([FORMAT]), nonce, hidden, cipher.getAuthTag()]);
    },
    open(name, sealed) {
      if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT) return null;
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(about(name))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([
          decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)),
          decipher.final(),
        ]);
      } catch {
        return null;
      }
    },
  };
}
