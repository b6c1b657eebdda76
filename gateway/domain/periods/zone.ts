/** Clocks on the wall of a time zone. */
import { QUARTER_MS } from '../calendar.ts';
import { PeriodRefusal } from './refusal.ts';

/**
 * What a clock on the wall shows, as milliseconds: `Date.UTC` of its figures. Where clocks are changed, some walls come twice and some
 * never.
 */
export type Wall = number;

export type Zone = {
  /** As the IANA database spells it. */
  timeZone: string;
  /** How far the wall is ahead of UTC, milliseconds; the same in all of a quarter of an hour, see calendar.ts. */
  offsetAt(atMs: number): number;
  wallAt(atMs: number): Wall;
  /** UTC milliseconds of the first quarter of an hour in which the wall shows this or more. @param wall a multiple of a quarter */
  firstAt(wall: Wall): number;
};

export const HOUR_MS = 4 * QUARTER_MS;
export const DAY_MS = 24 * HOUR_MS;
/** Zones lie between UTC-12 and UTC+14, and no clock is changed twice within the span that is looked at around a moment. */
export const WEST_MS = 13 * HOUR_MS;
export const EAST_MS = 15 * HOUR_MS;
const DAYS_KEPT = 50_000;

const zones = new Map<string, Zone>();

/** Made once each. @throws PeriodRefusal `time-zone-unknown` */
export function zoneOf(timeZone: string): Zone {
  let zone = zones.get(timeZone);
  if (!zone) {
    zone = createZone(timeZone);
    // There are some hundred of them, and more ways to spell them.
    if (zones.size >= 1_000) zones.clear();
    zones.set(timeZone, zone);
  }
  return zone;
}

function createZone(timeZone: string): Zone {
  const format = formatOf(timeZone);
  const read = (atMs: number): number => {
    const said = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    // "GMT" alone is an offset of none.
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(said) ?? [];
    const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
    return sign === '-' ? -offset : offset;
  };
  /** At the beginnings of days of UTC: nearly all days end with the offset that they begin with. */
  const days = new Map<number, number>();
  const atDay = (day: number): number => {
    let offset = days.get(day);
    if (offset === undefined) {
      offset = read(day * DAY_MS);
      if (days.size >= DAYS_KEPT) days.clear();
      days.set(day, offset);
    }
    return offset;
  };
  const offsetAt = (atMs: number): number => {
    const day = Math.floor(atMs / DAY_MS);
    const offset = atDay(day);
    return offset === atDay(day + 1) ? offset : read(Math.floor(atMs / QUARTER_MS) * QUARTER_MS);
  };
  /** The first quarter within the span that has the offset of its end. */
  const changeWithin = (from: number, to: number, after: number): number => {
    let [before, found] = [from, to];
    while (found - before > QUARTER_MS) {
      const middle = before + Math.floor((found - before) / 2 / QUARTER_MS) * QUARTER_MS;
      if (offsetAt(middle) === after) found = middle;
      else before = middle;
    }
    return found;
  };
  return {
    timeZone,
    offsetAt,
    wallAt: (atMs) => atMs + offsetAt(atMs),
    firstAt(wall) {
      const [from, to] = [wall - EAST_MS, wall + WEST_MS];
      const [before, after] = [offsetAt(from), offsetAt(to)];
      if (before === after) return wall - before;
      const change = changeWithin(from, to, after);
      if (wall - before < change) return wall - before;
      // A wall that is skipped has come when the clocks are set ahead.
      return Math.max(change, wall - after);
    },
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch {
    throw new PeriodRefusal(
      'time-zone-unknown',
      `there is no time zone "${timeZone}": name one of the IANA database, e.g. Asia/Shanghai`,
    );
  }
}
