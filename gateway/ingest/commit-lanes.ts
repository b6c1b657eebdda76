/**
 * A queue for each batch that the ledger can commit beside the others. A journal has its own lane, so that what is said of it is stored
 * in the order in which it came; a lane that is slow or fails holds only its journals up.
 */
import type { Ledger } from '../store/ledger.ts';
import { type CommitEvents, type CommitQueue, createCommitQueue } from './commit-queue.ts';

export function createCommitLanes(
  ledger: Pick<Ledger, 'commit' | 'lanes' | 'laneOf'>,
  events: CommitEvents,
): CommitQueue {
  const [first, ...others] = Array.from({ length: ledger.lanes }, () => createCommitQueue(ledger, events));
  if (!first) throw new Error('a ledger has one lane at the least');
  if (others.length === 0) return first;
  const lanes = [first, ...others];
  return {
    push(commitment) {
      const { journalKey } = commitment;
      (lanes[journalKey === null ? 0 : ledger.laneOf(journalKey)] ?? first).push(commitment);
    },
    async settled() {
      await Promise.all(lanes.map((lane) => lane.settled()));
    },
    stop() {
      for (const lane of lanes) lane.stop();
    },
  };
}
