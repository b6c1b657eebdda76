/** The live counts: read from the store at the start and whenever a person has decided. */
import type { ScoreBook } from '../domain/score-book.ts';
import type { VoteRecord } from '../store/ledger.ts';
import type { CommitId } from '../store/neighbours.ts';
import { readScoreBooks, type ScoreHistory } from './score-history.ts';

export type ScoreKeeper = {
  readonly book: ScoreBook;
  readonly excludedBook: ScoreBook;
  stored(vote: Counted): void;
  /** Another gateway has. @returns whether they were not counted yet. */
  storedElsewhere(commit: CommitId, votes: readonly Counted[]): boolean;
  /** Reads everything from the store again, while no vote is under way. @throws StoreFailure; then it is due */
  reload(): Promise<void>;
  /** Must they be read again, because votes come into a period that are not in them? */
  isDue(): boolean;
};

type Counted = Pick<VoteRecord, 'windowKey' | 'rating' | 'at' | 'excluded'>;

export type ScoreKeeperDeps = ScoreHistory & { now: () => number };

/** @throws StoreFailure */
export async function openScoreKeeper({ now, ...history }: ScoreKeeperDeps): Promise<ScoreKeeper> {
  const first = await readScoreBooks(history, now());
  const { counted: book, excluded: excludedBook } = first;
  let { staleAt, includes } = first;
  const reload = async () => {
    staleAt = Number.NEGATIVE_INFINITY;
    const books = await readScoreBooks(history, now());
    book.take(books.counted);
    excludedBook.take(books.excluded);
    staleAt = books.staleAt;
    includes = books.includes;
  };
  const stored = ({ windowKey, rating, at, excluded }: Counted) =>
    (excluded ? excludedBook : book).add(windowKey, rating, at);
  return {
    book,
    excludedBook,
    stored,
    storedElsewhere(commit, votes) {
      // It was announced after it had been read.
      if (includes(commit)) return false;
      for (const vote of votes) stored(vote);
      return true;
    },
    reload,
    isDue: () => staleAt !== null && now() >= staleAt,
  };
}
