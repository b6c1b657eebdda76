/**
 * Votes that came again here and had been stored by nobody that this gateway heard of. Another gateway's announcement may be on its way;
 * one that never comes (it died between its commit and its word) leaves them in nobody's counts.
 */
import type { StoredVote } from '../store/neighbours.ts';

const PATIENCE_MS = 3_000;
/** More are one reason to read everything again, too. */
const MAX_REMEMBERED = 10_000;

export type Unexplained = {
  found(vote: Pick<StoredVote, 'journalKey' | 'seq'>): void;
  explained(votes: readonly Pick<StoredVote, 'journalKey' | 'seq'>[]): void;
  /** Has one waited for too long? Then all are forgotten: what is read again explains them. */
  isOverdue(): boolean;
};

export function createUnexplained(monotonic: () => number): Unexplained {
  const found = new Map<string, number>();
  return {
    found(vote) {
      if (found.size < MAX_REMEMBERED) found.set(nameOf(vote), monotonic());
    },
    explained(votes) {
      if (found.size > 0) for (const vote of votes) found.delete(nameOf(vote));
    },
    isOverdue() {
      const oldest = found.values().next().value;
      if (oldest === undefined || monotonic() - oldest < PATIENCE_MS) return false;
      found.clear();
      return true;
    },
  };
}

const nameOf = ({ journalKey, seq }: Pick<StoredVote, 'journalKey' | 'seq'>) => `${journalKey}/${seq}`;
