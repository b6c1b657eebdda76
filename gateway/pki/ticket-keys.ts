/**
 * The keys that TLS sessions are sealed with, over their changes. A terminal goes on with its session at a gateway that has been
 * started again, and at any gateway that has the same keys. What a key opens it vouches for: as secret as the authority's.
 */
import { randomBytes } from 'node:crypto';

export type TicketKey = { madeAt: number; secret: Buffer };

/** Where all gateways of a city find the same ones, the newest first. */
export interface TicketKeyStore {
  read(): Promise<readonly TicketKey[]>;
  /** Only if `seen` is there still. @returns what is there then, whoever wrote it. */
  replace(seen: readonly TicketKey[], next: readonly TicketKey[]): Promise<readonly TicketKey[]>;
}

export type TicketKeyRing = {
  /** The one that seals first. */
  keys(): readonly [Buffer, ...Buffer[]];
  /** Takes up what others have made, and makes a new one when it is time. @returns whether `keys` are others than before. */
  look(): Promise<boolean>;
};

const DAY_MS = 86_400_000;
export const TICKET_KEY_BYTES = 48;
/** A new key is made so often. */
const SEALS_MS = 7 * DAY_MS;
/** It opens only, at first: by the time that it seals, every gateway has read it. Clocks of gateways may differ by as much. */
export const LEAD_MS = 600_000;
/** And goes on opening while a ticket of it can be good: as long again. */
const OPENS_MS = 2 * SEALS_MS + DAY_MS;
const MOST = 3;

/**
 * Those that should be there, the newest first, as they are where nothing is to be done. A clock that was set back leaves keys of
 * the future: one is made that is not, and they go as others come.
 */
export function turnRing(keys: readonly TicketKey[], now: number): readonly TicketKey[] {
  const isOpen = ({ madeAt }: TicketKey) => now - madeAt < OPENS_MS;
  const [newest] = keys;
  const ageMs = newest === undefined ? Number.POSITIVE_INFINITY : now - newest.madeAt;
  if (ageMs < SEALS_MS && ageMs > -LEAD_MS) return keys.every(isOpen) ? keys : keys.filter(isOpen);
  const made = { madeAt: now, secret: randomBytes(TICKET_KEY_BYTES) };
  return [made, ...keys.filter(isOpen)].slice(0, MOST);
}

/** In the order of use: the newest that all gateways know by now seals. */
export function sealingFirst(keys: readonly TicketKey[], now: number): readonly [Buffer, ...Buffer[]] {
  const sealing = keys.find(({ madeAt }) => now - madeAt >= LEAD_MS) ?? (keys.at(-1) as TicketKey);
  return [sealing.secret, ...keys.filter((one) => one !== sealing).map(({ secret }) => secret)];
}

/** @param unkept hears what the store rejects with at the start, which goes on with a key of its own; `look` rejects with it. */
export async function openTicketKeys(
  store: TicketKeyStore,
  now: () => number,
  unkept: (error: Error) => void,
): Promise<TicketKeyRing> {
  let ring = turnRing([], now());
  let isKept = false;
  const follow = async () => {
    const seen = await store.read();
    // Whoever takes all of them away while the gateway runs wants others.
    const next = turnRing(isKept || seen.length > 0 ? seen : ring, now());
    ring = next === seen ? seen : await store.replace(seen, next);
    isKept = true;
  };
  await follow().catch(unkept);
  let told = '';
  const isOther = () => {
    const before = told;
    told = sealingFirst(ring, now())
      .map((secret) => secret.toString('hex'))
      .join();
    return told !== before;
  };
  isOther();
  return {
    keys: () => sealingFirst(ring, now()),
    async look() {
      await follow();
      return isOther();
    },
  };
}
