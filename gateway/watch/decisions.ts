/** What people have decided about votes, noticed: votes are then others than those held in memory. */
import type { Store } from '../store/store.ts';

/** Reading everything again: what counts as slow, and how many times as long is rested afterwards. */
const SLOW_READ_MS = 100;
const REST_AFTER_SLOW = 10;

export type Decisions = {
  /** Cheap when nobody has decided anything. @throws StoreFailure; the next call tries again. */
  follow(): Promise<void>;
  /** The same, for whoever sees to it already that no vote is under way. */
  takeUp(): Promise<void>;
};

export type DecisionsDeps = {
  store: Pick<Store, 'decisions'>;
  monotonic: () => number;
  /** Runs `act` while no vote is under way. */
  exclusively(act: () => Promise<void>): Promise<void>;
  /** Reads votes, and what is still expected, again. @throws StoreFailure */
  reread(): Promise<void>;
};

export function createDecisions({ store, monotonic, exclusively, reread }: DecisionsDeps): Decisions {
  let known = store.decisions();
  let nextReadAt = Number.NEGATIVE_INFINITY;
  const isDue = () => store.decisions() !== known && monotonic() >= nextReadAt;
  const takeUp = async () => {
    // Asked again: another one may have taken it up while this one waited.
    if (!isDue()) return;
    const latest = store.decisions();
    const begun = monotonic();
    await reread();
    known = latest;
    const tookMs = monotonic() - begun;
    // Of a large database this takes a second or two: many decisions in a row must leave time for votes.
    if (tookMs > SLOW_READ_MS) nextReadAt = monotonic() + REST_AFTER_SLOW * tookMs;
  };
  return {
    async follow() {
      if (isDue()) await exclusively(takeUp);
    },
    takeUp,
  };
}
