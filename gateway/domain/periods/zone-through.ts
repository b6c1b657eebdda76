/** Clocks on the wall of a place whose time zone was another before: they are set when it changes, as for summer time. */
import { QUARTER_MS } from '../calendar.ts';
import { type ZoneEra, zoneAt } from '../unit-zones.ts';
import { EAST_MS, type Wall, WEST_MS, type Zone, zoneOf } from './zone.ts';

/**
 * Its `timeZone` is the latest. Where a wall comes twice, what begins with it begins when it comes first.
 * @throws PeriodRefusal `time-zone-unknown`
 */
export function zoneThrough(eras: readonly ZoneEra[]): Zone {
  const zones = eras.map(({ timeZone }) => zoneOf(timeZone));
  const last = zones.at(-1) as Zone;
  if (zones.length === 1) return last;
  const at = (atMs: number): Zone => zoneOf(zoneAt(eras, atMs));
  const wallAt = (atMs: number): Wall => at(atMs).wallAt(atMs);
  return {
    timeZone: last.timeZone,
    offsetAt: (atMs) => at(atMs).offsetAt(atMs),
    wallAt,
    firstAt(wall) {
      // Whatever the zone, the wall shows less before and more afterwards.
      const [from, to] = [wall - EAST_MS, wall + WEST_MS];
      if (!eras.some((era) => era.from > from && era.from <= to)) return at(from).firstAt(wall);
      for (let quarter = from; quarter < to; quarter += QUARTER_MS)
        if (wallAt(quarter) >= wall) return quarter;
      return to;
    },
  };
}
