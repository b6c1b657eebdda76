/** Exponential backoff with full jitter, so that a hall of terminals does not come back in step. */
export type Backoff = {
  /** @param atMostMs where waiting longer would spare nobody anything */
  nextMs(atMostMs?: number): number;
  reset(): void;
};

export function createBackoff(
  options: { baseMs: number; capMs: number; floorMs?: number },
  random: () => number = Math.random,
): Backoff {
  const { baseMs, capMs, floorMs = 50 } = options;
  let attempts = 0;
  return {
    nextMs(atMostMs = capMs) {
      const ceilingMs = Math.min(capMs, atMostMs, baseMs * 2 ** attempts);
      attempts = Math.min(attempts + 1, 30);
      return Math.round(floorMs + random() * Math.max(0, ceilingMs - floorMs));
    },
    reset() {
      attempts = 0;
    },
  };
}
