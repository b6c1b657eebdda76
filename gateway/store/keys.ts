/**
 * The port to the secrets that everything rests on. All gateways of an installation have them in common: who comes first makes
 * one, everybody else finds it, and nobody ever makes a second one beside it.
 */

/**
 * `authority`: its key and certificate, PEM. `audit`: of the audit's chain. `tickets`: what TLS sessions are sealed with. `alerts`: what
 * the secrets of webhooks are.
 */
export const KEY_NAMES = ['authority', 'audit', 'tickets', 'alerts'] as const;
export type KeyName = (typeof KEY_NAMES)[number];

export interface KeyStore {
  /** @returns null where there is none. @throws StoreFailure for one that is there and cannot be read: it is never taken for none. */
  read(name: KeyName): Promise<Buffer | null>;
  /** Unless there is one. @returns the one that is there then, whoever has put it. */
  putOnce(name: KeyName, secret: Buffer): Promise<Buffer>;
  /** Only in the place of `seen`; null: of none. @returns what is there then, whoever has put it. */
  replace(name: KeyName, seen: Buffer | null, next: Buffer): Promise<Buffer | null>;
  /** Where it is, for a person who has to look. */
  place(name: KeyName): string;
}
