/** Days off and make-up working days, as a jurisdiction's yearly notices give them. */
import { readDate } from './hours-settings.ts';

export type Holiday = { date: string; name: string; isOff: boolean };

/**
 * What is known of a jurisdiction: the years whose notice is out, and every day that the notices name, of whatever year it is. `revision` is
 * another one whenever any of it is.
 */
export type HolidayNotices = { revision: string; years: readonly number[]; days: readonly Holiday[] };

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

/** Where nobody keeps holidays. */
export const NO_HOLIDAYS: Holidays = { revision: 'none', on: () => null, isProvisional: () => false };
