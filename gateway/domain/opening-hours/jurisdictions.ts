/** Whose notices of holidays are known here, by the name that rules use. */
import { createHolidays, daysOf, type HolidayNotices, type Holidays, NO_HOLIDAYS } from './holidays.ts';
import { CN_NOTICES, CN_REVISION } from './notices-cn.ts';

/** By name; `cn`: mainland China. */
export const JURISDICTIONS: Readonly<Record<string, HolidayNotices>> = {
  cn: { revision: CN_REVISION, years: CN_NOTICES.map(({ year }) => year), days: CN_NOTICES.flatMap(daysOf) },
};

const known = new Map(
  Object.entries(JURISDICTIONS).map(([name, notices]) => [name, createHolidays(notices)]),
);

/** None of one that nobody knows. */
export const holidaysOf = (jurisdiction: string): Holidays => known.get(jurisdiction) ?? NO_HOLIDAYS;

/** Notices are out by then, nearly always. */
const FIRST_MONTH = 11;

/**
 * The first year of which a notice is missing: this one, or the next one from its December before on. Until it is there, the week holds.
 * @param date local, YYYY-MM-DD
 */
export function missingYear(jurisdiction: string, date: string): number | null {
  const years = JURISDICTIONS[jurisdiction]?.years ?? [];
  const [year = 0, month = 0] = date.split('-').map(Number);
  if (!years.includes(year)) return year;
  return month > FIRST_MONTH && !years.includes(year + 1) ? year + 1 : null;
}
