/**
 * Group commit: everything that arrives while the event loop is reading sockets goes into one transaction, and only
 * after it is on the disk are its messages done (and so acknowledged). One fsync then serves hundreds of votes. One transaction is
 * under way at a time: what comes meanwhile is the next.
 */
import type {
  Committed,
  Corrected,
  Correction,
  Ledger,
  LostRecord,
  QuarantineRecord,
  Unjudged,
  VoteOutcome,
  VoteRecord,
} from '../store/ledger.ts';

/** What one message wants stored: all of it, or nothing. */
export type Commitment = {
  /** The journal that it speaks of; null for none. */
  readonly journalKey: number | null;
  readonly votes: readonly VoteRecord[];
  readonly quarantine: readonly QuarantineRecord[];
  readonly lost?: readonly LostRecord[];
  readonly corrections?: readonly Correction[];
  readonly unjudged?: readonly Unjudged[];
  /** See `Batch`. */
  readonly judgedBy?: number | undefined;
  /** After the commit: one outcome a vote, from `first` on. */
  stored(outcomes: readonly VoteOutcome[], first: number): void;
  /** Instead: nothing of it is stored. */
  refused(error: Error): void;
};

/** A transaction this large is committed even though more is waiting, so that the first in it is not kept waiting. */
export const MAX_BATCH = 4_096;

export type CommitQueue = {
  push(commitment: Commitment): void;
  /** When everything that was pushed before is stored or refused, and has been told so. */
  settled(): Promise<void>;
  /** What is still waiting, or still comes, is forgotten: it was never acknowledged. */
  stop(): void;
};

export type CommitEvents = {
  batch(votes: number, durationMs: number): void;
  /** After what else was stored with it has been told. */
  corrected(corrected: readonly Corrected[]): void;
  /** Is the other body of this vote, which is in conflict, to be quarantined? */
  keepsConflict(vote: VoteRecord): boolean;
};

export function createCommitQueue(
  ledger: Pick<Ledger, 'commit'>,
  { batch: onBatch, corrected: onCorrected, keepsConflict }: CommitEvents,
): CommitQueue {
  let waiting: Commitment[] = [];
  let waitingVotes = 0;
  let scheduled: NodeJS.Immediate | null = null;
  let isCommitting = false;
  let isStopped = false;
  let [pushed, settled] = [0, 0];
  let listeners: { upTo: number; tell: () => void }[] = [];

  const schedule = () => {
    // After the poll phase: every socket that was readable has been read by then.
    scheduled ??= setImmediate(commitWaiting);
  };

  const commitWaiting = async () => {
    if (scheduled) clearImmediate(scheduled);
    scheduled = null;
    isCommitting = true;
    do {
      const batch = take();
      await commit(batch);
      settled += batch.length;
      tellListeners();
    } while (waitingVotes >= MAX_BATCH);
    isCommitting = false;
    if (waiting.length > 0) schedule();
    else if (isStopped) tellListeners();
  };

  const take = (): Commitment[] => {
    let votes = 0;
    let count = 0;
    for (; count < waiting.length && votes < MAX_BATCH; count++)
      votes += (waiting[count] as Commitment).votes.length;
    waitingVotes -= votes;
    const batch = waiting;
    waiting = waiting.splice(count);
    return batch;
  };

  const commit = async (batch: readonly Commitment[]) => {
    const votes: VoteRecord[] = [];
    const quarantine: QuarantineRecord[] = [];
    const lost: LostRecord[] = [];
    const corrections: Correction[] = [];
    const unjudged = new Map<number, Unjudged>();
    let judgedBy = Number.POSITIVE_INFINITY;
    for (const commitment of batch) {
      for (const vote of commitment.votes) votes.push(vote);
      for (const record of commitment.quarantine) quarantine.push(record);
      for (const record of commitment.lost ?? []) lost.push(record);
      for (const correction of commitment.corrections ?? []) corrections.push(correction);
      for (const span of commitment.unjudged ?? []) widen(unjudged, span);
      // The oldest of several: what has come to hold between them is another thing than what holds.
      if (commitment.judgedBy !== undefined) judgedBy = Math.min(judgedBy, commitment.judgedBy);
    }
    let committed: Committed;
    const begun = performance.now();
    try {
      committed = await ledger.commit({
        ...{ votes, quarantine, lost, corrections, keepsConflict },
        unjudged: [...unjudged.values()],
        ...(Number.isFinite(judgedBy) && { judgedBy }),
      });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const commitment of batch) commitment.refused(failure);
      return;
    }
    onBatch(votes.length, performance.now() - begun);
    let first = 0;
    for (const commitment of batch) {
      commitment.stored(committed.outcomes, first);
      first += commitment.votes.length;
    }
    if (committed.corrected.length > 0) onCorrected(committed.corrected);
  };

  const tellListeners = () => {
    const isDone = ({ upTo }: { upTo: number }) => upTo <= settled || (isStopped && !isCommitting);
    if (listeners.length === 0) return;
    const told = listeners.filter(isDone);
    listeners = listeners.filter((one) => !isDone(one));
    for (const { tell } of told) tell();
  };

  return {
    push(commitment) {
      if (isStopped) return;
      waiting.push(commitment);
      pushed += 1;
      waitingVotes += commitment.votes.length;
      if (isCommitting) return;
      if (waitingVotes >= MAX_BATCH) void commitWaiting();
      else schedule();
    },
    settled() {
      if (settled === pushed || (isStopped && !isCommitting)) return Promise.resolve();
      return new Promise((tell) => void listeners.push({ upTo: pushed, tell }));
    },
    stop() {
      isStopped = true;
      waiting = [];
      waitingVotes = 0;
      if (scheduled) clearImmediate(scheduled);
      tellListeners();
    },
  };
}

/** One span a window: a backlog that comes late is judged in one piece. */
function widen(spans: Map<number, Unjudged>, { windowKey, from, to }: Unjudged): void {
  const before = spans.get(windowKey);
  spans.set(windowKey, {
    windowKey,
    from: Math.min(from, before?.from ?? from),
    to: Math.max(to, before?.to ?? to),
  });
}
