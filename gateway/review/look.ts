/** Detectors over what is stored of one window: of the days that have ended, and of those that late votes have changed. */
import { createHash } from 'node:crypto';
import type { Counts } from '../../protocol/vote.ts';
import type { Calendar, DayNumber } from '../domain/calendar.ts';
import type { Flag } from '../domain/detectors/flag.ts';
import {
  DETECTORS_VERSION,
  type LookedDay,
  lookAtDay,
  lookAtMonth,
  lookAtWeek,
} from '../domain/detectors/look.ts';
import { addCounts, emptyCounts, votesIn } from '../domain/tally.ts';
import type { Looked, LookReads, NewReview } from '../store/reviews.ts';
import { type DaySums, foldDays } from './day-sums.ts';
import { MOST_VOTES, newReviewId } from './reviews.ts';

/** What comes later than that is looked at no more. */
export const LATEST_DAYS = 14;
const BEFORE_DAYS = 30;
const WEEKS_BEFORE = 4;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type WindowLookDeps = {
  store: LookReads;
  calendar: Calendar;
  now: () => number;
  /** When the window closed on a local day; null where nobody knows. */
  closedAt(windowKey: number, day: DayNumber): number | null;
  /** Of its siblings, what each had on each day. */
  siblingsOf(windowKey: number): Promise<readonly DaySums[]>;
  /** Votes are taken: after each day that was read. */
  turn(): Promise<void>;
};

/** @param sums of it, as `daySumsOf` reads them. @returns what is to be kept of the look, and what was found in it. */
export async function lookAtWindow(
  deps: WindowLookDeps,
  windowKey: number,
  sums: DaySums,
): Promise<{ looked: Looked; found: NewReview[] }> {
  const { store, calendar, now, siblingsOf } = deps;
  const today = calendar.dayOf(now());
  const first = today - LATEST_DAYS;
  const known = new Map((await store.daysLooked(windowKey)).map(({ day, seen }) => [day, seen]));
  const changed: DayNumber[] = [];
  // A day without votes is seen once, too: it may be the last of its week or month.
  for (let day = first; day < today; day++) if (sums.seenOf(day) !== known.get(day)) changed.push(day);
  const looked: Looked = {
    ...{ windowKey, at: now(), forgetBefore: first },
    days: changed.map((day) => ({ day, seen: sums.seenOf(day) })),
  };
  if (changed.length === 0) return { looked, found: [] };

  const days = new Map<DayNumber, LookedDay>();
  const dayOf = async (day: DayNumber): Promise<LookedDay> => {
    const known = days.get(day);
    if (known) return known;
    const read = await readDay(deps, windowKey, day, sums);
    days.set(day, read);
    return read;
  };
  const siblings = await siblingsOf(windowKey);
  const countsOf = (of: DaySums, from: DayNumber, to: DayNumber) => {
    const counts = emptyCounts();
    for (let day = from; day <= to; day++) addCounts(counts, of.countedOn(day));
    return counts;
  };
  const beside = (from: DayNumber, to: DayNumber): Counts[] =>
    siblings.map((one) => countsOf(one, from, to)).filter((counts) => votesIn(counts) > 0);
  const together = (from: DayNumber, to: DayNumber): Counts => {
    const all = emptyCounts();
    for (const counts of beside(from, to)) addCounts(all, counts);
    return all;
  };
  const make = reviewOf(deps, windowKey);
  const found: NewReview[] = [];

  for (const day of changed) {
    const before = countsOf(sums, day - BEFORE_DAYS, day - 1);
    const usualOf = (hourStart: number) =>
      Array.from({ length: WEEKS_BEFORE }, (_none, back) => hourStart - (back + 1) * 7 * DAY_MS)
        .filter((hour) => hour >= sums.firstAt)
        .map((hour) => sums.countedWithin(hour, hour + HOUR_MS));
    for (const flag of lookAtDay(await dayOf(day), before, usualOf))
      found.push(make(flag, aboutVotes(flag), day, day));
  }
  for (const monday of new Set(changed.map(mondayOf))) {
    // A week is looked at as a whole, when it has ended.
    if (monday + 7 > today) continue;
    const week = Array.from({ length: 7 }, (_none, at) => monday + at);
    const read: LookedDay[] = [];
    for (const day of week) read.push(await dayOf(day));
    const flags = lookAtWeek({
      days: read,
      now: countsOf(sums, monday, monday + 6),
      daysBefore: Array.from({ length: BEFORE_DAYS }, (_none, back) => sums.countedOn(monday - 1 - back)),
      siblings: together(monday, monday + 6),
      siblingsBefore: together(monday - BEFORE_DAYS, monday - 1),
    });
    for (const flag of flags) found.push(make(flag, `week ${calendar.nameOf(monday)}`, monday, monday + 6));
  }
  for (const begin of new Set(changed.map(calendar.monthStart))) {
    const end = calendar.monthStart(begin + 31);
    // As the week: what is found is kept once, with the figures of all of it.
    if (end > today) continue;
    const flags = lookAtMonth(countsOf(sums, begin, end - 1), beside(begin, end - 1));
    for (const flag of flags)
      found.push(make(flag, `month ${calendar.nameOf(begin).slice(0, 7)}`, begin, end - 1));
  }
  return { looked, found };
}

/** Enough for the longest look back. */
export async function daySumsOf(
  { store, calendar, now }: Pick<WindowLookDeps, 'store' | 'calendar' | 'now'>,
  windowKey: number,
): Promise<DaySums> {
  const today = calendar.dayOf(now());
  const from = calendar.startOf(calendar.monthStart(today - LATEST_DAYS) - BEFORE_DAYS - 7);
  return foldDays(await store.quarters(windowKey, from), calendar);
}

async function readDay(
  { store, calendar, closedAt, turn }: WindowLookDeps,
  windowKey: number,
  day: DayNumber,
  sums: DaySums,
): Promise<LookedDay> {
  const startAt = calendar.startOf(day);
  if (sums.seenOf(day) === sums.nothing) return { startAt, closedAt: closedAt(windowKey, day), votes: [] };
  const presses = await store.presses(windowKey, startAt, calendar.startOf(day + 1) - 1);
  await turn();
  const votes = presses.map(({ journalKey, seq, terminalKey, at, rating, isCounted, record }) => ({
    ...{ sourceKey: journalKey, seq, at, rating, isCounted },
    device: record === null ? terminalKey : null,
    // Nothing that is stored says more of it yet.
    record: record && { ...record, service: null, tags: [] },
  }));
  return { startAt, closedAt: closedAt(windowKey, day), votes };
}

/** ISO 8601; day 0 was a Thursday. */
const mondayOf = (day: DayNumber): DayNumber => day - ((((day + 3) % 7) + 7) % 7);

/** The same votes are the same flag, however often it is found. */
function aboutVotes({ votes }: Flag): string {
  const names = votes.map(({ sourceKey, seq }) => `${sourceKey}/${seq}`).sort();
  return `votes ${createHash('sha256').update(names.join(' ')).digest('hex').slice(0, 32)}`;
}

const reviewOf =
  ({ calendar, now }: WindowLookDeps, windowKey: number) =>
  (flag: Flag, about: string, first: DayNumber, last: DayNumber): NewReview => ({
    ...{ id: newReviewId(), windowKey, decision: 'dismiss', about },
    ...{ detector: flag.detector, version: DETECTORS_VERSION, foundAt: now() },
    from: flag.from ?? calendar.startOf(first),
    to: flag.to ?? calendar.startOf(last + 1) - 1,
    ...{ figures: flag.figures, limit: flag.limit },
    votes: flag.votes.slice(0, MOST_VOTES).map(({ sourceKey, seq }) => ({ journalKey: sourceKey, seq })),
  });
