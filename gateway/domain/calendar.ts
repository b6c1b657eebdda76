/**
 * Local days of a time zone. Offsets of every zone in use change at, and are multiples of, a quarter of an hour
 * (IANA tz database, zones since 1972), so the local day is constant within a UTC quarter: it is looked up once a quarter.
 */
export const MINUTE_MS = 60_000;
export const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const CACHE_LIMIT = 20_000;

/** A local day, counted from 1970-01-01. */
export type DayNumber = number;

export type Calendar = {
  timeZone: string;
  dayOf(atMs: number): DayNumber;
  /** YYYY-MM-DD */
  nameOf(day: DayNumber): string;
  /** First day of the day's local month. */
  monthStart(day: DayNumber): DayNumber;
  /** UTC milliseconds at which the local day begins. */
  startOf(day: DayNumber): number;
};

/** @throws RangeError when the runtime does not know the zone. */
export function createCalendar(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const days = new Map<number, DayNumber>();

  const dayOf = (atMs: number): DayNumber => {
    const quarter = Math.floor(atMs / QUARTER_MS);
    const known = days.get(quarter);
    if (known !== undefined) return known;
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(quarter * QUARTER_MS)) part[type] = Number(value);
    const day = Math.floor(Date.UTC(part.year ?? 1970, (part.month ?? 1) - 1, part.day ?? 1) / DAY_MS);
    if (days.size >= CACHE_LIMIT) days.clear();
    days.set(quarter, day);
    return day;
  };

  const nameOf = (day: DayNumber) => new Date(day * DAY_MS).toISOString().slice(0, 10);

  return {
    timeZone,
    dayOf,
    nameOf,
    monthStart: (day) => day - (new Date(day * DAY_MS).getUTCDate() - 1),
    startOf(day) {
      // Zones lie between UTC-12 and UTC+14: the first quarter of the local day is in this span.
      let quarter = Math.floor((day * DAY_MS - 15 * 60 * MINUTE_MS) / QUARTER_MS);
      while (dayOf(quarter * QUARTER_MS) < day) quarter += 1;
      return quarter * QUARTER_MS;
    },
  };
}
