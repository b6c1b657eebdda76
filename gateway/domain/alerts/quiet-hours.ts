/** When what opens now is told. */
import { MINUTE_MS } from '../calendar.ts';
import { readClockTime } from '../opening-hours/hours-settings.ts';
import type { QuietHours } from './alert-settings.ts';

const DAY_MINUTES = 24 * 60;

/**
 * @param quiet without faults; null: none
 * @param zoned see `createZonedTime`
 * @returns now, or when the quiet hours end; UTC milliseconds
 */
export function tellAt(now: number, quiet: QuietHours | null, zoned: (atMs: number) => string): number {
  if (quiet === null) return now;
  const clockAt = (atMs: number) => {
    const text = zoned(atMs);
    return Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));
  };
  const from = (readClockTime(quiet.from) ?? 0) % DAY_MINUTES;
  const to = (readClockTime(quiet.to) ?? 0) % DAY_MINUTES;
  const clock = clockAt(now);
  const isQuiet = from < to ? clock >= from && clock < to : clock >= from || clock < to;
  if (!isQuiet) return now;
  const wait = (to - clock + DAY_MINUTES) % DAY_MINUTES;
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS + wait * MINUTE_MS;
  // Clocks were set meanwhile, by an hour or so.
  const off = ((to - clockAt(end) + 1.5 * DAY_MINUTES) % DAY_MINUTES) - DAY_MINUTES / 2;
  return end + off * MINUTE_MS;
}
