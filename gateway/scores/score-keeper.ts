/** The live counts: read from the store at the start and whenever a person has decided. */
import { areSameMoves, type Moves, movesSince } from '../domain/moves.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import type { Corrected, VerdictCode, VoteRecord } from '../store/ledger.ts';
import type { CommitId } from '../store/neighbours.ts';
import { readScoreBooks, type ScoreHistory } from './score-history.ts';

export type ScoreKeeper = {
  readonly book: ScoreBook;
  readonly excludedBook: ScoreBook;
  /** By the code of the verdict. */
  readonly discountedBooks: readonly ScoreBook[];
  stored(vote: Counted): void;
  /** Another gateway has. @returns whether they were not counted yet. */
  storedElsewhere(commit: CommitId, votes: readonly Counted[]): boolean;
  /** Votes that are counted already count for something else. */
  corrected(corrected: readonly Corrected[]): void;
  /** Another gateway has found so. @returns whether it was not known yet. */
  correctedElsewhere(commit: CommitId, corrected: readonly Corrected[]): boolean;
  /** Reads everything from the store again, while no vote is under way. @throws StoreFailure; then it is due */
  reload(): Promise<void>;
  /** Must they be read again, because votes come into a period that are not in them? */
  isDue(): boolean;
  /** Where windows stood within the periods, as votes are counted. */
  moves(): Moves;
  /** … and is it another by now, so that they must be read again? @throws StoreFailure */
  haveMoved(): Promise<boolean>;
};

type Counted = Pick<VoteRecord, 'windowKey' | 'rating' | 'at' | 'excluded' | 'verdict'>;

export type ScoreKeeperDeps = ScoreHistory & { now: () => number };

/** @throws StoreFailure */
export async function openScoreKeeper({ now, ...history }: ScoreKeeperDeps): Promise<ScoreKeeper> {
  const first = await readScoreBooks(history, now());
  const { counted: book, excluded: excludedBook, discounted: discountedBooks } = first;
  let { staleAt, includes, moves } = first;
  const reload = async () => {
    staleAt = Number.NEGATIVE_INFINITY;
    const books = await readScoreBooks(history, now());
    book.take(books.counted);
    excludedBook.take(books.excluded);
    discountedBooks.forEach((one, verdict) => {
      one.take(books.discounted[verdict] as ScoreBook);
    });
    staleAt = books.staleAt;
    includes = books.includes;
    moves = books.moves;
  };
  const bookOf = (verdict: VerdictCode) => (verdict === 0 ? book : (discountedBooks[verdict] as ScoreBook));
  const stored = ({ windowKey, rating, at, excluded, verdict = 0 }: Counted) =>
    (excluded ? excludedBook : bookOf(verdict)).add(windowKey, rating, at);
  const corrected = (votes: readonly Corrected[]) => {
    for (const { windowKey, rating, at, from, to, excluded } of votes) {
      if (excluded) continue;
      bookOf(from).add(windowKey, rating, at, -1);
      bookOf(to).add(windowKey, rating, at);
    }
  };
  return {
    book,
    excludedBook,
    discountedBooks,
    stored,
    corrected,
    storedElsewhere(commit, votes) {
      // It was announced after it had been read.
      if (includes(commit)) return false;
      for (const vote of votes) stored(vote);
      return true;
    },
    correctedElsewhere(commit, votes) {
      if (includes(commit)) return false;
      corrected(votes);
      return true;
    },
    reload,
    isDue: () => staleAt !== null && now() >= staleAt,
    moves: () => moves,
    haveMoved: async () => !areSameMoves(moves, movesSince(await history.treeThen(), moves.since)),
  };
}
