/** The live counts: read from the store at the start and whenever a person has decided. */
import type { ScoreBook } from '../domain/score-book.ts';
import type { VoteRecord } from '../store/ledger.ts';
import { readScoreBooks, type ScoreHistory } from './score-history.ts';

export type ScoreKeeper = {
  readonly book: ScoreBook;
  readonly excludedBook: ScoreBook;
  stored(vote: VoteRecord): void;
  /** Reads everything from the store again, while no vote is under way. @throws StoreFailure; then it is due */
  reload(): Promise<void>;
  /** Must they be read again, because votes come into a period that are not in them? */
  isDue(): boolean;
};

export type ScoreKeeperDeps = ScoreHistory & { now: () => number };

/** @throws StoreFailure */
export async function openScoreKeeper({ now, ...history }: ScoreKeeperDeps): Promise<ScoreKeeper> {
  const first = await readScoreBooks(history, now());
  const { counted: book, excluded: excludedBook } = first;
  let { staleAt } = first;
  const reload = async () => {
    staleAt = Number.NEGATIVE_INFINITY;
    const books = await readScoreBooks(history, now());
    book.take(books.counted);
    excludedBook.take(books.excluded);
    staleAt = books.staleAt;
  };
  return {
    book,
    excludedBook,
    stored({ windowKey, rating, at, excluded }) {
      (excluded ? excludedBook : book).add(windowKey, rating, at);
    },
    reload,
    isDue: () => staleAt !== null && now() >= staleAt,
  };
}
