/**
 * The counts of every window in the periods that are looked at live, kept up to date vote by vote, so that a score for a
 * month over millions of votes is a sum of at most 31 numbers a window. Built from the store's rollups at start; a
 * property test holds it against a recount.
 */
import type { Period } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { type Calendar, MINUTE_MS } from './calendar.ts';
import { everAbove, type Moves, NO_MOVES, unitsThen } from './moves.ts';
import { emptyCounts, type RatingCode, Tally } from './tally.ts';

/** Slots past the longest period (31 days, 60 minutes) leave room for clocks that run ahead across a boundary. */
const DAY_SLOTS = 40;
const MINUTE_SLOTS = 90;
/** So far ahead of now a vote may be dated without taking the slot of one that counts now. */
export const DAYS_AHEAD = DAY_SLOTS - 31 - 1;
export const MINUTES_AHEAD = MINUTE_SLOTS - 60 - 5;

type Sums = { days: Tally; minutes: Tally };
type WindowBook = Sums & { lastVoteAt: number };

const newSums = (): Sums => ({ days: new Tally(DAY_SLOTS), minutes: new Tally(MINUTE_SLOTS) });

/**
 * A unit's votes are those of the windows below it; of windows that have moved (`hasMoved`), those that were pressed while they stood
 * there (`movedTo`), and only those.
 */
export class ScoreBook {
  private windows = new Map<number, WindowBook>();
  /** Of windows that have moved, by the unit that they stood under when pressed. */
  private units = new Map<number, Sums>();
  private moves: Moves;
  private cityMinutes = new Tally(MINUTE_SLOTS);
  private readonly calendar: Calendar;

  constructor(calendar: Calendar, moves = NO_MOVES) {
    this.calendar = calendar;
    this.moves = moves;
  }

  isEmpty(): boolean {
    return this.windows.size === 0;
  }

  /** Holds from now on what `other` does, which is given up. */
  take(other: ScoreBook): void {
    this.windows = other.windows;
    this.units = other.units;
    this.moves = other.moves;
    this.cityMinutes = other.cityMinutes;
  }

  private book(windowKey: number): WindowBook {
    let book = this.windows.get(windowKey);
    if (!book) {
      book = { ...newSums(), lastVoteAt: 0 };
      this.windows.set(windowKey, book);
    }
    return book;
  }

  /** Where a vote of this moment counts beside its window, if not by where that stands now. */
  private *unitsAt(windowKey: number, at: number): Generator<Sums> {
    for (const key of unitsThen(this.moves, windowKey, at) ?? []) {
      let sums = this.units.get(key);
      if (!sums) {
        sums = newSums();
        this.units.set(key, sums);
      }
      yield sums;
    }
  }

  /** Nothing is known of a window any more, but in the minutes of all. */
  drop(windowKey: number): void {
    this.windows.delete(windowKey);
  }

  /** One stored vote, pressed at `at`; or one less, that counts elsewhere now. */
  add(windowKey: number, rating: RatingCode, at: number, votes: 1 | -1 = 1): void {
    const book = this.book(windowKey);
    const day = this.calendar.dayOf(at);
    book.days.add(day, rating, votes);
    if (this.hasMoved(windowKey))
      for (const { days } of this.unitsAt(windowKey, at)) days.add(day, rating, votes);
    this.addMinute(windowKey, rating, at, votes);
    if (at > book.lastVoteAt) book.lastVoteAt = at;
  }

  /** Votes of one quarter of an hour, from a rollup; `lastAt` is the press time of the latest of them. */
  addQuarter(windowKey: number, quarterStart: number, counts: readonly number[], lastAt: number): void {
    const book = this.book(windowKey);
    const day = this.calendar.dayOf(quarterStart);
    const places = this.hasMoved(windowKey) ? [book, ...this.unitsAt(windowKey, quarterStart)] : [book];
    counts.forEach((votes, rating) => {
      if (votes > 0) for (const { days } of places) days.add(day, rating as RatingCode, votes);
    });
    if (lastAt > book.lastVoteAt) book.lastVoteAt = lastAt;
  }

  /** Votes of one minute, for the minutes only; what `addQuarter` cannot tell. */
  addMinute(windowKey: number, rating: RatingCode, at: number, votes = 1): void {
    const minute = Math.floor(at / MINUTE_MS);
    this.book(windowKey).minutes.add(minute, rating, votes);
    if (this.hasMoved(windowKey))
      for (const { minutes } of this.unitsAt(windowKey, at)) minutes.add(minute, rating, votes);
    this.cityMinutes.add(minute, rating, votes);
  }

  /** Of a window, wherever it stood. */
  counts(windowKey: number, period: Period, now: number): Counts {
    const book = this.windows.get(windowKey);
    return book ? this.sumOf(book, period, now) : emptyCounts();
  }

  /** Has it stood at several places within the periods? Then no sum of what stands below a unit holds its votes. */
  hasMoved(windowKey: number): boolean {
    return this.moves.eras.has(windowKey);
  }

  /** Of windows that have moved, what was pressed while they stood below a unit; null where none did. */
  movedTo(unitKey: number, period: Period, now: number): Counts | null {
    const sums = this.units.get(unitKey);
    return sums ? this.sumOf(sums, period, now) : null;
  }

  /** Units that a window's votes may count for beside those above it now: keys. */
  unitsBefore(windowKey: number): readonly number[] {
    return everAbove(this.moves, windowKey);
  }

  private sumOf(book: Sums, period: Period, now: number): Counts {
    const sum = emptyCounts();
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

  /** Votes of a unit, below which these windows stand now, pressed in the minute that begins at `minuteStart`. */
  minuteOf(unitKey: number, windowKeys: Iterable<number>, minuteStart: number): Counts {
    const sum = emptyCounts();
    const minute = Math.floor(minuteStart / MINUTE_MS);
    for (const key of windowKeys)
      if (!this.hasMoved(key)) this.windows.get(key)?.minutes.sum(minute, minute, sum);
    this.units.get(unitKey)?.minutes.sum(minute, minute, sum);
    return sum;
  }
}
