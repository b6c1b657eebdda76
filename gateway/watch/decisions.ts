/** What people have decided about votes, noticed: votes are then others than those held in memory. */
import type { Store } from '../store/store.ts';

/** Reading everything again: what counts as slow, and how many times as long is rested afterwards. */
const SLOW_READ_MS = 100;
const REST_AFTER_SLOW = 10;

export type Decisions = {
  /** Cheap when nobody has decided anything. @throws StoreFailure; the next call tries again. */
  follow(): void;
};

export type DecisionsDeps = {
  store: Pick<Store, 'decisions'>;
  monotonic: () => number;
  /** Reads votes, and what is still expected, again. @throws StoreFailure */
  reread(): void;
};

export function createDecisions({ store, monotonic, reread }: DecisionsDeps): Decisions {
  let known = store.decisions();
  let nextReadAt = Number.NEGATIVE_INFINITY;
  return {
    follow() {
      const latest = store.decisions();
      if (latest === known || monotonic() < nextReadAt) return;
      const begun = monotonic();
      reread();
      known = latest;
      const tookMs = monotonic() - begun;
      // Of a large database this takes a second or two: many decisions in a row must leave time for votes.
      if (tookMs > SLOW_READ_MS) nextReadAt = monotonic() + REST_AFTER_SLOW * tookMs;
    },
  };
}
