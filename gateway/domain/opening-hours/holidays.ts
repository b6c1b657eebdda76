/** Days off and make-up working days, as a jurisdiction's yearly notices give them. */
import { readDate } from './hours-settings.ts';

export type Holiday = { date: string; name: string; isOff: boolean };

/**
 * What is known of a jurisdiction: the years whose notice is out, and every day that the notices name, of whatever year it is. `revision` is
 * another one whenever any of it is.
 */
export type HolidayNotices = { revision: string; years: readonly number[]; days: readonly Holiday[] };

/** A year's notice: its numbers, and of each holiday its name, the first and the last day off, and the days that are worked for it. */
export type YearNotice = {
  year: number;
  notices: readonly string[];
  holidays: readonly (readonly [name: string, first: string, last: string, ...worked: string[]])[];
};

/** Every day that a notice names. */
export function daysOf({ holidays }: YearNotice): Holiday[] {
  return holidays.flatMap(([name, first, last, ...worked]) => {
    const days: Holiday[] = worked.map((date) => ({ date, name, isOff: false }));
    const [from, to] = [readDate(first) ?? 0, readDate(last) ?? -1];
    for (let day = from; day <= to; day++)
      days.push({ date: new Date(day * 86_400_000).toISOString().slice(0, 10), name, isOff: true });
    return days;
  });
}

export type Holidays = {
  readonly revision: string;
  /** What a notice says of a local day; null when none says anything. */
  on(day: number): Holiday | null;
  /** A notice that is still to come may say otherwise. A year's first days off may begin in December: that is the next notice's. */
  isProvisional(day: number): boolean;
};

/** Of a day that several notices name, the word of the last one holds. */
export function createHolidays({ revision, years, days }: HolidayNotices): Holidays {
  const noticed = new Set(years);
  const known = new Map<number, Holiday>();
  for (const holiday of days) {
    const day = readDate(holiday.date);
    if (day !== null) known.set(day, holiday);
  }
  return {
    revision,
    on: (day) => known.get(day) ?? null,
    isProvisional(day) {
      const date = new Date(day * 86_400_000);
      const year = date.getUTCFullYear();
      return !noticed.has(year) || (date.getUTCMonth() === 11 && !noticed.has(year + 1));
    },
  };
}

/** A day that a place adds to what notices say, or takes back from them. */
export type LocalDay = { date: string; name: string };

/** What places say of a day goes before every notice. */
export function withLocalDays(
  holidays: Holidays,
  off: readonly LocalDay[],
  worked: readonly LocalDay[],
): Holidays {
  if (off.length === 0 && worked.length === 0) return holidays;
  const days = [
    ...off.map((day) => ({ ...day, isOff: true })),
    ...worked.map((day) => ({ ...day, isOff: false })),
  ];
  const local = createHolidays({ revision: '', years: [], days });
  return {
    revision: holidays.revision,
    on: (day) => local.on(day) ?? holidays.on(day),
    isProvisional: (day) => local.on(day) === null && holidays.isProvisional(day),
  };
}

/** Where nobody keeps holidays. */
export const NO_HOLIDAYS: Holidays = { revision: 'none', on: () => null, isProvisional: () => false };
