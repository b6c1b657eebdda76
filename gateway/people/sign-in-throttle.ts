/**
 * Makes guessing slow without locking anybody out: failures are counted a name and address, and an address. Somebody who
 * guesses at a name elsewhere does not make its owner wait, and somebody who tries many names from one place does wait.
 */
import { PeopleRefusal } from './refusal.ts';

/** Failures that cost no wait, the first wait, and the longest; how long after the last one they are forgotten. */
export type Patience = { free: number; firstWaitMs: number; longestWaitMs: number; forgetAfterMs: number };

/** Sooner forgotten, a rest would be worth more tries than waiting is. */
export const PAIR_PATIENCE: Patience = {
  ...{ free: 5, firstWaitMs: 2_000, longestWaitMs: 15 * 60_000 },
  forgetAfterMs: 24 * 3_600_000,
};
/** Many people may share an address. */
export const ADDRESS_PATIENCE: Patience = {
  ...{ free: 30, firstWaitMs: 1_000, longestWaitMs: 60_000 },
  forgetAfterMs: 30 * 60_000,
};

const MAX_ENTRIES = 10_000;

type Entry = { failures: number; lastAt: number; blockedUntil: number };

export type SignInThrottle = {
  /**
   * Begins an attempt, which counts as a failure until it has succeeded: attempts side by side are no way around.
   * @returns how long to wait first, milliseconds; 0 when the attempt may go on.
   */
  begin(name: string, address: string): number;
  succeeded(name: string, address: string): void;
  /** The wait begins with the answer: until then, its sender has not been told that it was wrong. */
  refused(name: string, address: string): void;
  /** It was never tried: the gateway was busy. */
  abandoned(name: string, address: string): void;
};

export function createSignInThrottle(monotonic: () => number): SignInThrottle {
  const pairs = createCounts(PAIR_PATIENCE, monotonic);
  const addresses = createCounts(ADDRESS_PATIENCE, monotonic);
  const pairOf = (name: string, address: string) => `${address} ${name}`;
  return {
    begin(name, address) {
      const wait = Math.max(addresses.waitMs(address), pairs.waitMs(pairOf(name, address)));
      if (wait > 0) return wait;
      addresses.failed(address);
      pairs.failed(pairOf(name, address));
      return 0;
    },
    succeeded(name, address) {
      pairs.forget(pairOf(name, address));
      addresses.takeBack(address);
    },
    refused(name, address) {
      pairs.block(pairOf(name, address));
      addresses.block(address);
    },
    abandoned(name, address) {
      pairs.takeBack(pairOf(name, address));
      addresses.takeBack(address);
    },
  };
}

function createCounts(
  { free, firstWaitMs, longestWaitMs, forgetAfterMs }: Patience,
  monotonic: () => number,
) {
  /** Least lately used first. */
  const entries = new Map<string, Entry>();
  const entryOf = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry && monotonic() - entry.lastAt > forgetAfterMs) {
      entries.delete(key);
      return undefined;
    }
    return entry;
  };
  const block = (entry: Entry) => {
    const beyond = entry.failures - free;
    if (beyond >= 0) entry.blockedUntil = monotonic() + Math.min(longestWaitMs, firstWaitMs * 2 ** beyond);
  };
  return {
    waitMs: (key: string) => Math.max(0, (entryOf(key)?.blockedUntil ?? 0) - monotonic()),
    failed(key: string) {
      const entry = entryOf(key) ?? { failures: 0, lastAt: 0, blockedUntil: 0 };
      entries.delete(key);
      entry.failures += 1;
      entry.lastAt = monotonic();
      block(entry);
      entries.set(key, entry);
      if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value as string);
    },
    block(key: string) {
      const entry = entryOf(key);
      if (entry) block(entry);
    },
    takeBack(key: string) {
      const entry = entryOf(key);
      if (!entry) return;
      entry.failures -= 1;
      entry.blockedUntil = 0;
      if (entry.failures <= 0) entries.delete(key);
    },
    forget: (key: string) => void entries.delete(key),
  };
}

/**
 * One attempt to prove who one is, counted. @returns what the check says.
 * @throws PeopleRefusal `sign-in-throttled`; whatever the check throws, and then the attempt is not counted.
 */
export async function proveOnce(
  throttle: SignInThrottle,
  name: string,
  address: string,
  check: () => Promise<boolean>,
): Promise<boolean> {
  const group = addressGroup(address);
  const waitS = Math.ceil(throttle.begin(name, group) / 1_000);
  if (waitS > 0)
    throw new PeopleRefusal('sign-in-throttled', `too many wrong passwords: try again in ${waitS} s`, waitS);
  let proved: boolean;
  try {
    proved = await check();
  } catch (error) {
    throttle.abandoned(name, group);
    throw error;
  }
  if (proved) throttle.succeeded(name, group);
  else throttle.refused(name, group);
  return proved;
}

/** An IPv6 network of one subscriber counts as one address (RFC 6177), an IPv4 address in IPv6 clothes as itself. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1] as string;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const parts = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (parts.length + after.length < 8) parts.push('0');
  return `${[...parts, ...after].slice(0, 4).join(':').toLowerCase()}::/64`;
}
