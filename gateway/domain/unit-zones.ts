/**
 * In which time zone a unit or window lies, through time: that of the nearest unit above it that has one of its own, else the gateway's.
 * One that this runtime does not know (another gateway's may) is passed over: everything goes on, by the next one above.
 */
import type { TreeNode, TreeThen } from './tree-then.ts';
import { isKnownZone } from './zoned-time.ts';

/** From a moment on and until its next one. */
export type UnitZone = {
  unitKey: number;
  /** UTC milliseconds, the beginning of a quarter of an hour; 0: ever. */
  from: number;
  /** Null: that of the unit above, again. */
  timeZone: string | null;
};

/** Until the next one; the first is from ever. */
export type ZoneEra = { from: number; timeZone: string };

export type ZonesThen = {
  /** In the order of time, each another zone than the one before. */
  eras(node: TreeNode): readonly ZoneEra[];
  /** … of what stands below the unit and has none of its own. */
  erasAbove(unitKey: number): readonly ZoneEra[];
};

/** @param zones in the order of time @param gatewayZone of what is below no unit that has one */
export function createZonesThen(tree: TreeThen, zones: readonly UnitZone[], gatewayZone: string): ZonesThen {
  const ofUnits = new Map<number, UnitZone[]>();
  for (const zone of zones) ofUnits.set(zone.unitKey, [...(ofUnits.get(zone.unitKey) ?? []), zone]);
  const zoneOf = (unitKeys: readonly number[], atMs: number): string => {
    for (const key of unitKeys) {
      const own = ofUnits.get(key)?.findLast(({ from }) => from <= atMs)?.timeZone;
      if (own && isKnownZone(own)) return own;
    }
    return gatewayZone;
  };
  const through = (node: TreeNode, own: readonly number[]): ZoneEra[] => {
    if (zones.length === 0) return [{ from: Number.NEGATIVE_INFINITY, timeZone: gatewayZone }];
    const found: ZoneEra[] = [];
    const places = tree.eras(node);
    for (const [index, { from: begin, above }] of places.entries()) {
      const end = places[index + 1]?.from ?? Number.POSITIVE_INFINITY;
      const unitKeys = [...own, ...above];
      const changes = unitKeys
        .flatMap((key) => ofUnits.get(key)?.map(({ from }) => from) ?? [])
        .filter((from) => from > begin && from < end)
        .sort((a, b) => a - b);
      for (const from of [begin, ...changes]) {
        const timeZone = zoneOf(unitKeys, from);
        if (found.at(-1)?.timeZone !== timeZone) found.push({ from, timeZone });
      }
    }
    return found;
  };
  return {
    eras: (node) => through(node, node.kind === 'unit' ? [node.key] : []),
    erasAbove: (unitKey) => through({ kind: 'unit', key: unitKey }, []),
  };
}

/** Those that are passed over. */
export const unknownZones = (zones: readonly UnitZone[]): (UnitZone & { timeZone: string })[] =>
  zones.flatMap((zone) => {
    const { timeZone } = zone;
    return timeZone === null || isKnownZone(timeZone) ? [] : [{ ...zone, timeZone }];
  });

export const zoneAt = (eras: readonly ZoneEra[], atMs: number): string =>
  ((eras.findLast(({ from }) => from <= atMs) ?? eras[0]) as ZoneEra).timeZone;

/** What has been a zone within a span, from its beginning on. */
export function erasWithin(eras: readonly ZoneEra[], { from, to }: { from: number; to: number }): ZoneEra[] {
  const later = eras.filter((era) => era.from > from && era.from < to);
  return [{ from, timeZone: zoneAt(eras, from) }, ...later];
}

/** Of which a name of the IANA database is made; `+08:00` is none, which knows no change of clocks. */
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/;
export const MAX_ZONE_CHARS = 64;

/** @returns as the runtime spells it, where that is the same name; null when it knows none */
export function readZoneName(text: string): string | null {
  if (text.length > MAX_ZONE_CHARS || !NAME.test(text)) return null;
  try {
    const known = new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone;
    return known.toLowerCase() === text.toLowerCase() ? known : text;
  } catch {
    return null;
  }
}
