/** When a window is open, as it is configured. Clock times are local, 24 hours, minutes: `08:30`. */

/** `to` is not part of it and may be `24:00`. */
export type HoursSpan = { from: string; to: string };

/** Instead of what the week says, on one local day (YYYY-MM-DD); no spans: closed. */
export type HoursException = { date: string; spans: readonly HoursSpan[]; name: string };

export type HoursSettings = {
  /** Seven, Monday first; a day without spans is closed. */
  weekly: readonly (readonly HoursSpan[])[];
  /** Whose holidays and make-up working days; null: none. */
  jurisdiction: string | null;
  /** On a make-up working day; null: as on the first day of the week that is open. */
  makeUp: readonly HoursSpan[] | null;
  exceptions: readonly HoursException[];
  /** Votes pressed so long before it opens or after it closes count all the same. */
  graceBeforeMinutes: number;
  graceAfterMinutes: number;
};

export const MOST_GRACE_MINUTES = 240;
const MINUTES_A_DAY = 24 * 60;

/** @returns minutes since midnight; null when it is no clock time. */
export function readClockTime(text: string): number | null {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) return null;
  const total = Number(hours) * 60 + Number(minutes);
  return total <= MINUTES_A_DAY ? total : null;
}

/** @returns the local day, counted from 1970-01-01; null when there is no such date. */
export function readDate(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  // February 30th is read as March 2nd by some.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) return null;
  return ms / 86_400_000;
}
