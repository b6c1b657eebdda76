/** The live counts: read from the store at the start and whenever a person has decided. */
import type { Calendar } from '../domain/calendar.ts';
import type { Exclusions } from '../domain/exclusions.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import type { Store, VoteRecord } from '../store/store.ts';
import { readScoreBooks, type ScoreBooks } from './score-history.ts';

export type ScoreKeeper = {
  readonly book: ScoreBook;
  readonly excludedBook: ScoreBook;
  stored(vote: VoteRecord): void;
  /** Reads everything from the store again, while no vote is under way. @throws StoreFailure; then it is due */
  reload(): void;
  /** Must they be read again, because votes come into a period that are not in them? */
  isDue(): boolean;
};

export type ScoreKeeperDeps = {
  store: Store;
  calendar: Calendar;
  now: () => number;
  /** Which votes are left out. */
  exclusions(): Exclusions;
  terminalOf(sourceKey: number): number;
};

export function createScoreKeeper(deps: ScoreKeeperDeps): ScoreKeeper {
  const { store, calendar, now, exclusions, terminalOf } = deps;
  const read = (): ScoreBooks =>
    readScoreBooks({ store, calendar, exclusions: exclusions(), terminalOf }, now());
  const first = read();
  const { counted: book, excluded: excludedBook } = first;
  let { staleAt } = first;
  const reload = () => {
    staleAt = Number.NEGATIVE_INFINITY;
    const books = read();
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
