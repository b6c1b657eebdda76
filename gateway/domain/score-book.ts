/**
 * The counts of every window in the periods that are looked at live, kept up to date vote by vote, so that a score for a
 * month over millions of votes is a sum of at most 31 numbers a window. Built from the store's rollups at start; a
 * property test holds it against a recount.
 */
import type { Period } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { type Calendar, MINUTE_MS } from './calendar.ts';
import { emptyCounts, type RatingCode, Tally } from './tally.ts';

/** Slots past the longest period (31 days, 60 minutes) leave room for clocks that run ahead across a boundary. */
const DAY_SLOTS = 40;
const MINUTE_SLOTS = 90;
/** So far ahead of now a vote may be dated without taking the slot of one that counts now. */
export const DAYS_AHEAD = DAY_SLOTS - 31 - 1;
export const MINUTES_AHEAD = MINUTE_SLOTS - 60 - 5;

type WindowBook = { days: Tally; minutes: Tally; lastVoteAt: number };

export class ScoreBook {
  private windows = new Map<number, WindowBook>();
  private cityMinutes = new Tally(MINUTE_SLOTS);
  private readonly calendar: Calendar;

  constructor(calendar: Calendar) {
    this.calendar = calendar;
  }

  isEmpty(): boolean {
    return this.windows.size === 0;
  }

  /** Holds from now on what `other` does, which is given up. */
  take(other: ScoreBook): void {
    this.windows = other.windows;
    this.cityMinutes = other.cityMinutes;
  }

  private book(windowKey: number): WindowBook {
    let book = this.windows.get(windowKey);
    if (!book) {
      book = { days: new Tally(DAY_SLOTS), minutes: new Tally(MINUTE_SLOTS), lastVoteAt: 0 };
      this.windows.set(windowKey, book);
    }
    return book;
  }

  /** Nothing is known of a window any more, but in the minutes of all. */
  drop(windowKey: number): void {
    this.windows.delete(windowKey);
  }

  /** One stored vote, pressed at `at`; or one less, that counts elsewhere now. */
  add(windowKey: number, rating: RatingCode, at: number, votes: 1 | -1 = 1): void {
    const book = this.book(windowKey);
    book.days.add(this.calendar.dayOf(at), rating, votes);
    this.addMinute(windowKey, rating, at, votes);
    if (at > book.lastVoteAt) book.lastVoteAt = at;
  }

  /** Votes of one quarter of an hour, from a rollup; `lastAt` is the press time of the latest of them. */
  addQuarter(windowKey: number, quarterStart: number, counts: readonly number[], lastAt: number): void {
    const book = this.book(windowKey);
    const day = this.calendar.dayOf(quarterStart);
    counts.forEach((votes, rating) => {
      if (votes > 0) book.days.add(day, rating as RatingCode, votes);
    });
    if (lastAt > book.lastVoteAt) book.lastVoteAt = lastAt;
  }

  /** Votes of one minute, for the minutes only; what `addQuarter` cannot tell. */
  addMinute(windowKey: number, rating: RatingCode, at: number, votes = 1): void {
    const minute = Math.floor(at / MINUTE_MS);
    this.book(windowKey).minutes.add(minute, rating, votes);
    this.cityMinutes.add(minute, rating, votes);
  }

  counts(windowKey: number, period: Period, now: number): Counts {
    const sum = emptyCounts();
    const book = this.windows.get(windowKey);
    if (!book) return sum;
    const today = this.calendar.dayOf(now);
    if (period === '60m') {
      const minute = Math.floor(now / MINUTE_MS);
      book.minutes.sum(minute - 59, minute, sum);
    } else if (period === 'today') book.days.sum(today, today, sum);
    else if (period === '7d') book.days.sum(today - 6, today, sum);
    else book.days.sum(this.calendar.monthStart(today), today, sum);
    return sum;
  }

  /** Votes of one local day. */
  ofDay(windowKey: number, day: number): Counts {
    const sum = emptyCounts();
    this.windows.get(windowKey)?.days.sum(day, day, sum);
    return sum;
  }

  /** While it is the same, a period counts votes of the same span. */
  spanOf(period: Period, now: number): number {
    return period === '60m' ? Math.floor(now / MINUTE_MS) : this.calendar.dayOf(now);
  }

  /** When the window's latest vote was pressed; null before the first. */
  lastVoteAt(windowKey: number): number | null {
    return this.windows.get(windowKey)?.lastVoteAt || null;
  }

  /** Votes of the whole city pressed in the minute that begins at `minuteStart`. */
  cityMinute(minuteStart: number): Counts {
    const sum = emptyCounts();
    const minute = Math.floor(minuteStart / MINUTE_MS);
    this.cityMinutes.sum(minute, minute, sum);
    return sum;
  }

  /** Votes of some windows pressed in the minute that begins at `minuteStart`. */
  minute(windowKeys: Iterable<number>, minuteStart: number): Counts {
    const sum = emptyCounts();
    const minute = Math.floor(minuteStart / MINUTE_MS);
    for (const key of windowKeys) this.windows.get(key)?.minutes.sum(minute, minute, sum);
    return sum;
  }
}
