/** What a wall can be cut into: hours, days, weeks (ISO 8601: from Monday), months, quarters, years. */
import { DAY_MS, HOUR_MS, type Wall } from './zone.ts';

export const STEPS = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
export type Step = (typeof STEPS)[number];

/** About so long is one, milliseconds. */
export const STEP_MS: Readonly<Record<Step, number>> = {
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30.436875 * DAY_MS,
  quarter: 91.310625 * DAY_MS,
  year: 365.2425 * DAY_MS,
};
const MONTHS: Partial<Record<Step, number>> = { month: 1, quarter: 3, year: 12 };

const dateOf = (wall: Wall) => {
  const date = new Date(wall);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
};
export const wallOf = (year: number, month: number, day = 1): Wall => Date.UTC(year, month, day);

/** Monday is 0; 1970-01-01 was a Thursday. */
const weekdayOf = (wall: Wall) => (((Math.floor(wall / DAY_MS) + 3) % 7) + 7) % 7;

/** The beginning of the hour, day, … that a wall is in. */
export function beginOf(step: Step, wall: Wall): Wall {
  if (step === 'hour') return Math.floor(wall / HOUR_MS) * HOUR_MS;
  const day = Math.floor(wall / DAY_MS) * DAY_MS;
  if (step === 'day') return day;
  if (step === 'week') return day - weekdayOf(day) * DAY_MS;
  const { year, month } = dateOf(day);
  return wallOf(year, step === 'year' ? 0 : step === 'quarter' ? month - (month % 3) : month);
}

/** So many later, of what begins here; earlier where `count` is negative. */
export function later(step: Step, begin: Wall, count: number): Wall {
  const months = MONTHS[step];
  if (months === undefined) return begin + count * STEP_MS[step];
  const { year, month } = dateOf(begin);
  return wallOf(year, month + count * months);
}

/** The same a year before: of week 53 the last week, of February 29th the 28th. */
export function yearBefore(step: Step, begin: Wall): Wall {
  const { year, month, day } = dateOf(begin);
  if (step === 'week') {
    const [weekYear, week] = isoWeekOf(begin);
    return weekBegin(weekYear - 1, Math.min(week, weeksIn(weekYear - 1)));
  }
  if (MONTHS[step] !== undefined) return wallOf(year - 1, month);
  const lastOfMonth = dateOf(wallOf(year - 1, month + 1, 0)).day;
  return wallOf(year - 1, month, Math.min(day, lastOfMonth)) + (begin % DAY_MS);
}

/** The year is that of the week's Thursday. */
export function isoWeekOf(wall: Wall): [year: number, week: number] {
  const monday = beginOf('week', wall);
  const { year } = dateOf(monday + 3 * DAY_MS);
  return [year, (monday - weekBegin(year, 1)) / (7 * DAY_MS) + 1];
}

/** January 4th is in week 1. */
export const weekBegin = (year: number, week: number): Wall =>
  beginOf('week', wallOf(year, 0, 4)) + (week - 1) * 7 * DAY_MS;

export const weeksIn = (year: number): number => (weekBegin(year + 1, 1) - weekBegin(year, 1)) / (7 * DAY_MS);
