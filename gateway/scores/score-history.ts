import { type Calendar, MINUTE_MS, QUARTER_MS } from '../domain/calendar.ts';
import type { Exclusions } from '../domain/exclusions.ts';
import { DAYS_AHEAD, MINUTES_AHEAD, ScoreBook } from '../domain/score-book.ts';
import type { Store } from '../store/store.ts';

/** The counts of every window: of the votes that count, and of those that a person has excluded. */
export type ScoreBooks = {
  counted: ScoreBook;
  excluded: ScoreBook;
  /**
   * When they must be read again, because votes come into a period that are not in them: dated further ahead than a book has
   * room for (the clock was ahead when they came), their slots are those of today. Null when there are none.
   */
  staleAt: number | null;
};

export type ScoreHistory = {
  store: Pick<Store, 'lastVotes' | 'rollups' | 'excludedRollups' | 'recentVotes'>;
  calendar: Calendar;
  exclusions: Exclusions;
  /** Whose journal it is. */
  terminalOf(sourceKey: number): number;
};

/** From what is stored: the rollups of the longest live periods, the votes of the last hour and a bit. */
export function readScoreBooks(history: ScoreHistory, now: number): ScoreBooks {
  const { store, calendar, exclusions, terminalOf } = history;
  const books = { counted: new ScoreBook(calendar), excluded: new ScoreBook(calendar) };
  const lastMinute = now + MINUTES_AHEAD * MINUTE_MS;
  let staleAt = Number.POSITIVE_INFINITY;
  const today = calendar.dayOf(now);
  const from = calendar.startOf(Math.min(calendar.monthStart(today), today - 6));
  for (const { windowKey, lastAt } of store.lastVotes())
    books.counted.addQuarter(windowKey, lastAt, [], lastAt);
  const leftOut = new Map<string, readonly number[]>();
  for (const { quarterStart, windowKey, counts } of store.excludedRollups(from)) {
    if (calendar.dayOf(quarterStart) <= today + DAYS_AHEAD)
      books.excluded.addQuarter(windowKey, quarterStart, counts, 0);
    leftOut.set(`${quarterStart}/${windowKey}`, counts);
  }
  for (const { quarterStart, windowKey, counts, lastAt } of store.rollups(from)) {
    const less = leftOut.get(`${quarterStart}/${windowKey}`);
    const counted = less ? counts.map((votes, rating) => votes - (less[rating] ?? 0)) : counts;
    const day = calendar.dayOf(quarterStart);
    if (day > today + DAYS_AHEAD) staleAt = Math.min(staleAt, calendar.startOf(day));
    else books.counted.addQuarter(windowKey, quarterStart, counted, lastAt);
    // A quarter that is half in the book is seen to before its other half comes.
    if (lastAt > lastMinute) staleAt = Math.min(staleAt, Math.max(quarterStart, lastMinute - QUARTER_MS));
  }
  for (const { windowKey, rating, at, sourceKey } of store.recentVotes(now - 75 * MINUTE_MS)) {
    if (at > lastMinute) continue;
    const book = exclusions.excludes(terminalOf(sourceKey), at) ? books.excluded : books.counted;
    book.addMinute(windowKey, rating, at);
  }
  return { ...books, staleAt: Number.isFinite(staleAt) ? staleAt : null };
}
