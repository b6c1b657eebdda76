import { type Calendar, MINUTE_MS } from './domain/calendar.ts';
import type { ScoreBook } from './domain/score-book.ts';
import type { Store } from './store/store.ts';

/** Fills a new book from what is stored: the rollups of the longest live periods, the votes of the last hour and a bit. */
export function loadScoreBook(book: ScoreBook, store: Store, calendar: Calendar, now: number): void {
  const today = calendar.dayOf(now);
  const from = calendar.startOf(Math.min(calendar.monthStart(today), today - 6));
  for (const { windowKey, lastAt } of store.lastVotes()) book.addQuarter(windowKey, lastAt, [], lastAt);
  for (const { quarterStart, windowKey, counts, lastAt } of store.rollups(from))
    book.addQuarter(windowKey, quarterStart, counts, lastAt);
  for (const { windowKey, rating, at } of store.recentVotes(now - 75 * MINUTE_MS))
    book.addMinute(windowKey, rating, at);
}
