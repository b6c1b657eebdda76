/** Local dates as the press times that they may be: somewhere below a place, by its own clocks. */
import { readDate } from '../domain/opening-hours/hours-settings.ts';
import { createTreeThen } from '../domain/tree-then.ts';
import { createZonesThen, zoneAt } from '../domain/unit-zones.ts';
import type { RuleGround } from '../store/rules.ts';
import { clocksOf } from './ground-rules.ts';
import { type RulePlace, windowsUnder } from './rule-places.ts';

export type LocalSpans = {
  /** The latest date that it is there. */
  dateAt(atMs: number): string;
  /** From the first moment of the first date to the last moment of the last one, both included; null: until further notice. */
  spanOf(dates: { validFrom: string; validTo: string | null }): { from: number; to: number };
};

export function createLocalSpans(
  { places, timeZones }: Pick<RuleGround, 'places' | 'timeZones'>,
  place: RulePlace,
  gatewayZone: string,
): LocalSpans {
  const zones = createZonesThen(createTreeThen(places), timeZones, gatewayZone);
  const windowKeys = timeZones.length > 0 ? windowsUnder(places, place, EVER) : [];
  const eras = windowKeys.map((key) => zones.eras({ kind: 'window', key }));
  const calendarsOf = (names: readonly string[]) =>
    [...new Set(names.length > 0 ? names : [gatewayZone])].map((name) => clocksOf(name).calendar);
  const calendars = calendarsOf(eras.flatMap((all) => all.map(({ timeZone }) => timeZone)));
  return {
    dateAt: (atMs) =>
      calendarsOf(eras.map((all) => zoneAt(all, atMs)))
        .map((calendar) => calendar.nameOf(calendar.dayOf(atMs)))
        .sort()
        .at(-1) as string,
    spanOf({ validFrom, validTo }) {
      const first = Math.max(0, readDate(validFrom) ?? 0);
      const last = validTo === null ? null : readDate(validTo);
      return {
        from: Math.min(...calendars.map((calendar) => calendar.startOf(first))),
        to:
          last === null
            ? Number.POSITIVE_INFINITY
            : Math.max(...calendars.map((calendar) => calendar.startOf(last + 1))) - 1,
      };
    },
  };
}

const EVER = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
