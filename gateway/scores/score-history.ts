import { VERDICTS } from '../../protocol/verdict.ts';
import { type Calendar, MINUTE_MS, QUARTER_MS } from '../domain/calendar.ts';
import { type Moves, movesSince } from '../domain/moves.ts';
import { DAYS_AHEAD, MINUTES_AHEAD, ScoreBook } from '../domain/score-book.ts';
import type { TreeThen } from '../domain/tree-then.ts';
import type { VerdictCode } from '../store/ledger.ts';
import type { Includes, ScoreParts, ScoreReads } from '../store/scores.ts';
import type { ExcludedRow } from '../store/votes.ts';

/** The counts of every window: of the votes that count, of those that a person has excluded, and of those that rules discount. */
export type ScoreBooks = {
  counted: ScoreBook;
  excluded: ScoreBook;
  /** Of the votes that rules discount, by the code of their verdict. */
  discounted: readonly ScoreBook[];
  /**
   * When they must be read again, because votes come into a period that are not in them: dated further ahead than a book has
   * room for (the clock was ahead when they came), their slots are those of today. Null when there are none.
   */
  staleAt: number | null;
  includes: Includes;
  /** By which units have their votes. */
  moves: Moves;
};

export type ScoreHistory = {
  scores: ScoreReads;
  calendar: Calendar;
  /** Where everything stood, read anew. @throws StoreFailure */
  treeThen(): Promise<TreeThen>;
};

/**
 * From what is stored: the rollups of the longest live periods, the votes of the last hour and a bit. This gateway may store nothing
 * meanwhile, and what others decide meanwhile is for the next reading. @throws StoreFailure
 */
export async function readScoreBooks(
  { scores, calendar, treeThen }: ScoreHistory,
  now: number,
): Promise<ScoreBooks> {
  const today = calendar.dayOf(now);
  const from = calendar.startOf(Math.min(calendar.monthStart(today), today - 6));
  const moves = movesSince(await treeThen(), from);
  const { found, includes } = await scores.asOf((parts) => readBooks(parts, { calendar, now, from, moves }));
  return { ...found, includes, moves };
}

async function readBooks(
  { lastVotes, minutes, excluded, discounted, rollups }: ScoreParts,
  {
    calendar,
    now,
    from,
    moves,
  }: Pick<ScoreHistory, 'calendar'> & { now: number; from: number; moves: Moves },
): Promise<Omit<ScoreBooks, 'includes' | 'moves'>> {
  const newBook = () => new ScoreBook(calendar, moves);
  const books = { counted: newBook(), excluded: newBook(), discounted: VERDICTS.map(newBook) };
  const discountedAs = (verdict: VerdictCode) => books.discounted[verdict] as ScoreBook;
  const lastMinute = now + MINUTES_AHEAD * MINUTE_MS;
  let staleAt = Number.POSITIVE_INFINITY;
  const today = calendar.dayOf(now);
  for (const { windowKey, lastAt } of await lastVotes())
    books.counted.addQuarter(windowKey, lastAt, [], lastAt);
  const leftOut = new Map<string, readonly number[]>();
  const leaveOut = ({ quarterStart, windowKey, counts }: ExcludedRow, book: ScoreBook) => {
    if (calendar.dayOf(quarterStart) <= today + DAYS_AHEAD)
      book.addQuarter(windowKey, quarterStart, counts, 0);
    const name = `${quarterStart}/${windowKey}`;
    const before = leftOut.get(name);
    leftOut.set(name, before ? counts.map((votes, rating) => votes + (before[rating] ?? 0)) : counts);
  };
  for await (const row of excluded(from)) leaveOut(row, books.excluded);
  for await (const row of discounted(from)) leaveOut(row, discountedAs(row.verdict));
  for await (const { quarterStart, windowKey, counts, lastAt } of rollups(from)) {
    const less = leftOut.get(`${quarterStart}/${windowKey}`);
    const counted = less ? counts.map((votes, rating) => votes - (less[rating] ?? 0)) : counts;
    const day = calendar.dayOf(quarterStart);
    if (day > today + DAYS_AHEAD) staleAt = Math.min(staleAt, calendar.startOf(day));
    else books.counted.addQuarter(windowKey, quarterStart, counted, lastAt);
    // A quarter that is half in the book is seen to before its other half comes.
    if (lastAt > lastMinute) staleAt = Math.min(staleAt, Math.max(quarterStart, lastMinute - QUARTER_MS));
  }
  for await (const { minuteStart, windowKey, rating, excluded: isExcluded, verdict, votes } of minutes(
    now - 75 * MINUTE_MS,
  )) {
    if (minuteStart > lastMinute) continue;
    const book = isExcluded ? books.excluded : verdict === 0 ? books.counted : discountedAs(verdict);
    book.addMinute(windowKey, rating, minuteStart, votes);
  }
  return { ...books, staleAt: Number.isFinite(staleAt) ? staleAt : null };
}
