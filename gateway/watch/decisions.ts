/** What people have decided about votes, noticed: votes are then others than those held in memory. */
import type { Upkeep } from '../store/upkeep.ts';

/** Reading everything again: what counts as slow, and how many times as long is rested afterwards. */
const SLOW_READ_MS = 100;
const REST_AFTER_SLOW = 10;

export type Decisions = {
  /** Cheap when nobody has decided anything. @throws StoreFailure; the next call tries again. */
  follow(): Promise<void>;
  /** The same, for whoever sees to it already that no vote is under way. */
  takeUp(): Promise<void>;
  /** What this process has decided is counted already; `decisions` is the count with it. Where others have decided before, all is read. */
  counted(decisions: number): void;
};

export type DecisionsDeps = {
  store: Pick<Upkeep, 'decisions'>;
  monotonic: () => number;
  /** Runs `act` while no vote is under way. */
  exclusively(act: () => Promise<void>): Promise<void>;
  /** Reads votes, and what is still expected, again. @throws StoreFailure */
  reread(): Promise<void>;
};

/** @throws StoreFailure */
export async function followDecisions(deps: DecisionsDeps): Promise<Decisions> {
  const { store, monotonic, exclusively, reread } = deps;
  let known = await store.decisions();
  let nextReadAt = Number.NEGATIVE_INFINITY;
  /** The latest of those that are to be taken up now; null when there is none. */
  const due = async () => {
    const latest = await store.decisions();
    return latest !== known && monotonic() >= nextReadAt ? latest : null;
  };
  const takeUp = async () => {
    // Asked again: another one may have taken it up while this one waited.
    const latest = await due();
    if (latest === null) return;
    const begun = monotonic();
    await reread();
    known = latest;
    const tookMs = monotonic() - begun;
    // Of a large database this takes a second or two: many decisions in a row must leave time for votes.
    if (tookMs > SLOW_READ_MS) nextReadAt = monotonic() + REST_AFTER_SLOW * tookMs;
  };
  return {
    async follow() {
      if ((await due()) !== null) await exclusively(takeUp);
    },
    takeUp,
    counted(decisions) {
      if (decisions === known + 1) known = decisions;
    },
  };
}
