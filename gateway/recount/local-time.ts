/** Local time, by nothing but what a clock on the wall says (Intl): the date of a moment, and when a date begins. */

/** So far local dates are from those of UTC at the most, with room. */
const APART_MS = 16 * 3_600_000;
export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;

export type LocalTime = {
  /** What the clock shows, as if it were UTC, in milliseconds since 1970. */
  clockAt(atMs: number): number;
  /** YYYY-MM-DD */
  dateOf(atMs: number): string;
  /** The first moment of a date; of one that never was, that of the next. */
  startOf(date: string): number;
};

/** Is there such a zone, for this runtime? */
export function hasClocksOf(timeZone: string): boolean {
  try {
    new Date(0).toLocaleString('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** @throws RangeError when the runtime does not know the zone */
export function createLocalTime(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en', {
    ...{ timeZone, hourCycle: 'h23', calendar: 'gregory', numberingSystem: 'latn' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const clockAt = (atMs: number): number => {
    const shown: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(atMs)) shown[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((atMs % 1_000) + 1_000) % 1_000);
  };
  const starts = new Map<string, number>();
  const startOf = (date: string): number => {
    let start = starts.get(date);
    if (start === undefined) {
      const midnight = timeOf(date);
      let [before, after] = [midnight - APART_MS, midnight + APART_MS];
      while (after - before > 1) {
        const middle = Math.floor((before + after) / 2);
        if (clockAt(middle) >= midnight) after = middle;
        else before = middle;
      }
      start = after;
      starts.set(date, start);
    }
    return start;
  };
  let day = { date: '', from: 0, to: 0 };
  const dateOf = (atMs: number): string => {
    // Votes come in the order of time: nearly all are of the day of the one before.
    if (atMs < day.from || atMs >= day.to) {
      const date = dateText(clockAt(atMs));
      day = { date, from: startOf(date), to: startOf(dayAfter(date)) };
    }
    return day.date;
  };
  return { clockAt, dateOf, startOf };
}

const STEP_MS = 15 * MINUTE_MS;

/** Of a place that has lain in other zones before: what its clock shows is set with each. @param since in the order of time, the first from ever */
export function localTimeThrough(since: readonly { from: number; timeZone: string }[]): LocalTime {
  const all = since.map(({ from, timeZone }) => ({ from, local: createLocalTime(timeZone) }));
  const [only] = all;
  if (all.length === 1 && only) return only.local;
  const localAt = (atMs: number) =>
    (all.filter(({ from }) => from <= atMs).at(-1) as (typeof all)[number]).local;
  const clockAt = (atMs: number) => localAt(atMs).clockAt(atMs);
  /** Looked for from before any zone has it, a step at a time. */
  const startOf = (date: string) => {
    const midnight = timeOf(date);
    let at = midnight - APART_MS;
    while (clockAt(at) < midnight) at += STEP_MS;
    return at;
  };
  return {
    ...{ clockAt, startOf },
    dateOf: (atMs) => localAt(atMs).dateOf(atMs),
  };
}

/** Of midnight, as if it were UTC. */
export function timeOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

export function dateText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function dayAfter(date: string, days = 1): string {
  return dateText(timeOf(date) + days * DAY_MS);
}

/** Monday is 0. */
export function weekdayOf(date: string): number {
  return (new Date(timeOf(date)).getUTCDay() + 6) % 7;
}

/** There is such a date. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(timeOf(text)) && dateText(timeOf(text)) === text;
}
