/** Reading everything that is held in memory of the database again, when it is due, and not over and over. */

/** What counts as slow, and how many times as long is rested afterwards: of a large database it takes a second or two. */
const SLOW_READ_MS = 100;
const REST_AFTER_SLOW = 10;

export type Rereading = {
  /** It is due. */
  want(): void;
  /** Cheap when it is not due, or not yet again. @throws StoreFailure; then it stays due */
  look(): Promise<void>;
};

export function createRereading(reread: () => Promise<void>, monotonic: () => number): Rereading {
  let isDue = false;
  let nextAt = Number.NEGATIVE_INFINITY;
  return {
    want() {
      isDue = true;
    },
    async look() {
      const begun = monotonic();
      if (!isDue || begun < nextAt) return;
      // What is missed while it is read makes it due again.
      isDue = false;
      try {
        await reread();
      } catch (error) {
        isDue = true;
        throw error;
      }
      const tookMs = monotonic() - begun;
      if (tookMs > SLOW_READ_MS) nextAt = monotonic() + REST_AFTER_SLOW * tookMs;
    },
  };
}
