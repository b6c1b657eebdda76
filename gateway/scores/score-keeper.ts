/** The live counts, and which votes are left out of them: read from the store at the start and whenever a person has decided. */
import type { Calendar } from '../domain/calendar.ts';
import { createExclusions, type Exclusions } from '../domain/exclusions.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import type { Store, VoteRecord } from '../store/store.ts';
import { readScoreBooks, type ScoreBooks } from './score-history.ts';

export type ScoreKeeper = {
  readonly book: ScoreBook;
  readonly excludedBook: ScoreBook;
  exclusions(): Exclusions;
  stored(vote: VoteRecord): void;
  /** Reads everything from the store again. @throws StoreFailure; the next `look` tries again */
  reload(): void;
  /** Reloads when that is due. @throws StoreFailure @returns whether it did */
  look(): boolean;
};

export type ScoreKeeperDeps = {
  store: Store;
  calendar: Calendar;
  now: () => number;
  terminalOf(sourceKey: number): number;
};

export function createScoreKeeper({ store, calendar, now, terminalOf }: ScoreKeeperDeps): ScoreKeeper {
  let exclusions: Exclusions;
  const read = (): ScoreBooks => {
    exclusions = createExclusions(store.exclusions());
    return readScoreBooks({ store, calendar, exclusions, terminalOf }, now());
  };
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
    exclusions: () => exclusions,
    stored({ windowKey, rating, at, excluded }) {
      (excluded ? excludedBook : book).add(windowKey, rating, at);
    },
    reload,
    look() {
      if (staleAt === null || now() < staleAt) return false;
      reload();
      return true;
    },
  };
}
