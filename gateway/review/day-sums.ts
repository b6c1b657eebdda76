/** What a window had on each local day, from its quarters of an hour. */
import type { Counts } from '../../protocol/vote.ts';
import type { Calendar, DayNumber } from '../domain/calendar.ts';
import { QUARTER_MS } from '../domain/calendar.ts';
import { emptyCounts } from '../domain/tally.ts';
import type { QuarterSums } from '../store/reviews.ts';

export type DaySums = {
  countedOn(day: DayNumber): Counts;
  /** Of quarters that begin in [from, to). */
  countedWithin(from: number, to: number): number;
  /** When its first quarter begins; never, when there is none. */
  firstAt: number;
  /** Says all that is stored of the day in few characters: another sum says another thing. */
  seenOf(day: DayNumber): string;
  /** … of a day without a vote. */
  nothing: string;
};

const NONE = emptyCounts();

export function foldDays(quarters: readonly QuarterSums[], calendar: Calendar): DaySums {
  const counted = new Map<DayNumber, Counts>();
  const seen = new Map<DayNumber, number[]>();
  const votes = new Map<number, number>();
  for (const { quarterStart, votes: all, counted: some } of quarters) {
    const day = calendar.dayOf(quarterStart);
    const counts = counted.get(day) ?? emptyCounts();
    counts.satisfied += some[0];
    counts.basically += some[1];
    counts.unsatisfied += some[2];
    counted.set(day, counts);
    const sums = seen.get(day) ?? [0, 0, 0, 0, 0, 0];
    [...all, ...some].forEach((sum, index) => {
      sums[index] = (sums[index] as number) + sum;
    });
    seen.set(day, sums);
    votes.set(quarterStart / QUARTER_MS, some[0] + some[1] + some[2]);
  }
  const nothing = '';
  return {
    countedOn: (day) => counted.get(day) ?? NONE,
    countedWithin(from, to) {
      let sum = 0;
      for (let quarter = Math.ceil(from / QUARTER_MS); quarter * QUARTER_MS < to; quarter++)
        sum += votes.get(quarter) ?? 0;
      return sum;
    },
    firstAt: quarters[0]?.quarterStart ?? Number.POSITIVE_INFINITY,
    seenOf: (day) => seen.get(day)?.join('/') ?? nothing,
    nothing,
  };
}
