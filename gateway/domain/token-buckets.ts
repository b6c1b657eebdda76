/** One token bucket a key, kept as the one number "when it would be full again". `now` is monotonic, in milliseconds. */
export type TokenBuckets<Key = number> = {
  /**
   * Takes a token, on a credit of at most `credit` tokens. @returns how long to wait before using it, milliseconds; 0 for
   * now; null when there is no credit left, and nothing is taken.
   */
  takeOnCredit(key: Key, now: number, credit: number): number | null;
  /** Takes a token if there is one. */
  take(key: Key, now: number): boolean;
};

export function createTokenBuckets<Key = number>(perSecond: number, burst: number): TokenBuckets<Key> {
  const fullAt = new Map<Key, number>();
  const intervalMs = 1_000 / perSecond;
  const next = (key: Key, now: number) => Math.max(fullAt.get(key) ?? 0, now) + intervalMs;
  return {
    takeOnCredit(key, now, credit) {
      const full = next(key, now);
      const wait = Math.max(0, full - now - burst * intervalMs);
      if (wait > credit * intervalMs) return null;
      fullAt.set(key, full);
      return wait;
    },
    take(key, now) {
      const full = next(key, now);
      if (full - now > burst * intervalMs) return false;
      fullAt.set(key, full);
      return true;
    },
  };
}
