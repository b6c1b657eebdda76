/** What the secrets of webhooks are sealed with: all gateways of an installation have one key, which the first secret makes. */
import { randomBytes } from 'node:crypto';
import type { KeyStore } from './keys.ts';
import { createSeal, SEAL_KEY_BYTES, type Seal } from './seal.ts';

/** @throws StoreFailure */
export const openSecretSeal = (keys: KeyStore) => async (): Promise<Seal> =>
  createSeal((await keys.read('alerts')) ?? (await keys.putOnce('alerts', randomBytes(SEAL_KEY_BYTES))));
