/** When citizens come. Both functions are pure; times are milliseconds since the epoch. */

const MINUTE_MS = 60_000;
/** China has one time zone and no daylight saving time. */
const SHANGHAI_OFFSET_MS = 8 * 60 * MINUTE_MS;

/** Opening hours with the busiest minute of each half day, in minutes of the day. */
const HALVES = [
  { open: 9 * 60, close: 12 * 60, peak: 10 * 60 + 15 },
  { open: 13 * 60 + 30, close: 17 * 60, peak: 15 * 60 },
];
const PEAK_WIDTH_MINUTES = 50;
/** Self-service corners and late counters: a demo at night must still show life. */
const CLOSED = 0.05;

/** How busy a counter is, 0.05 (closed) to 1 (the busiest minute), in a unit whose day is shifted by `shiftMinutes`. */
export function busyness(atMs: number, shiftMinutes: number): number {
  const minute = Math.floor((atMs + SHANGHAI_OFFSET_MS) / MINUTE_MS) - shiftMinutes;
  const ofDay = ((minute % 1440) + 1440) % 1440;
  const half = HALVES.find(({ open, close }) => ofDay >= open && ofDay < close);
  if (half === undefined) return CLOSED;
  return 0.4 + 0.6 * Math.exp(-(((ofDay - half.peak) / PEAK_WIDTH_MINUTES) ** 2));
}

/** How the whole district swells and ebbs over some minutes: between 0.5 and 1.5, 1 on average. */
export function swell(atMs: number): number {
  const turns = (periodMs: number) => Math.sin((2 * Math.PI * atMs) / periodMs);
  return 1 + 0.35 * turns(7 * MINUTE_MS) + 0.15 * turns(97_000);
}
