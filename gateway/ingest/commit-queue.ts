/**
 * Group commit: everything that arrives while the event loop is reading sockets goes into one transaction, and only
 * after it is on the disk are its messages done (and so acknowledged). One fsync then serves hundreds of votes.
 */
import type { LostRecord, QuarantineRecord, Store, VoteOutcome, VoteRecord } from '../store/store.ts';

export type Commitment = {
  votes: VoteRecord[];
  quarantine: QuarantineRecord[];
  lost?: LostRecord[];
  /** After the commit: one outcome a vote, from `first` on. After a failure: nothing of it is stored. */
  settled(result: { ok: true; outcomes: VoteOutcome[]; first: number } | { ok: false; error: Error }): void;
};

/** A transaction this large is committed even though more is waiting, so that the first in it is not kept waiting. */
const MAX_BATCH = 4_096;

export type CommitQueue = {
  push(commitment: Commitment): void;
  /** Commits what is waiting, now. */
  flush(): void;
  /** What is still waiting is forgotten: it was never acknowledged. */
  stop(): void;
};

export function createCommitQueue(
  store: Store,
  onBatch: (votes: number, durationMs: number) => void,
  keepsConflict: (vote: VoteRecord) => boolean,
): CommitQueue {
  let waiting: Commitment[] = [];
  let waitingVotes = 0;
  let scheduled: NodeJS.Immediate | null = null;

  const flush = () => {
    if (scheduled) clearImmediate(scheduled);
    scheduled = null;
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    waitingVotes = 0;
    const votes: VoteRecord[] = [];
    const quarantine: QuarantineRecord[] = [];
    const lost: LostRecord[] = [];
    for (const commitment of batch) {
      for (const vote of commitment.votes) votes.push(vote);
      for (const record of commitment.quarantine) quarantine.push(record);
      if (commitment.lost) lost.push(...commitment.lost);
    }
    let outcomes: VoteOutcome[];
    const begun = performance.now();
    try {
      outcomes = store.commit(votes, quarantine, { lost, keepsConflict });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const commitment of batch) commitment.settled({ ok: false, error: failure });
      return;
    }
    onBatch(votes.length, performance.now() - begun);
    let first = 0;
    for (const commitment of batch) {
      commitment.settled({ ok: true, outcomes, first });
      first += commitment.votes.length;
    }
  };

  return {
    push(commitment) {
      waiting.push(commitment);
      waitingVotes += commitment.votes.length;
      if (waitingVotes >= MAX_BATCH) return flush();
      // After the poll phase: every socket that was readable has been read by then.
      scheduled ??= setImmediate(flush);
    },
    flush,
    stop() {
      waiting = [];
      if (scheduled) clearImmediate(scheduled);
    },
  };
}
