/** One token bucket a key, kept as the one number "when it would be full again". */
export type TokenBuckets = {
  /** Takes a token, on credit if need be. @returns how long to wait before using it, milliseconds; 0 for now. */
  takeOnCredit(key: number, now: number): number;
  /** Takes a token if there is one. */
  take(key: number, now: number): boolean;
};

export function createTokenBuckets(perSecond: number, burst: number): TokenBuckets {
  const fullAt = new Map<number, number>();
  const intervalMs = 1_000 / perSecond;
  const next = (key: number, now: number) => Math.max(fullAt.get(key) ?? 0, now) + intervalMs;
  return {
    takeOnCredit(key, now) {
      const full = next(key, now);
      fullAt.set(key, full);
      return Math.max(0, full - now - burst * intervalMs);
    },
    take(key, now) {
      const full = next(key, now);
      if (full - now > burst * intervalMs) return false;
      fullAt.set(key, full);
      return true;
    },
  };
}
