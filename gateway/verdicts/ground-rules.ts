/** Rules of windows through time: at any moment those of the path that a window stood under then, by the clocks of where it stood. */
import { type Calendar, createCalendar } from '../domain/calendar.ts';
import { createTreeThen, type TreeNode } from '../domain/tree-then.ts';
import { createZonesThen, type ZoneEra, zoneAt } from '../domain/unit-zones.ts';
import {
  createWindowRules,
  type RulesPlace,
  rulesThroughEras,
  type WindowRules,
} from '../domain/verdicts/window-rules.ts';
import { createZonedTime } from '../domain/zoned-time.ts';
import type { RuleGround } from '../store/rules.ts';
import { pathOf } from './rule-nodes.ts';

export type GroundRules = {
  of(windowKey: number): WindowRules;
  /** From the top down: see `rule-nodes.ts`. */
  pathAt(windowKey: number, atMs: number): string[];
  zonesOf(node: TreeNode): readonly ZoneEra[];
  /** Windows whose rules were asked for. */
  asked(): number[];
};

export type GroundPlace = Pick<RulesPlace, 'holidaysOf'> & {
  /** The gateway's. */
  timeZone: string;
};

export function createGroundRules(
  { versions, places, timeZones }: Pick<RuleGround, 'versions' | 'places' | 'timeZones'>,
  { holidaysOf, timeZone: gatewayZone }: GroundPlace,
): GroundRules {
  const tree = createTreeThen(places);
  const zones = createZonesThen(tree, timeZones, gatewayZone);
  const ids = { unit: new Map<number, string>(), window: new Map<number, string>() };
  for (const { kind, key, id } of places) ids[kind].set(key, id);
  const ruled = new Set(versions.map(({ nodeId }) => nodeId));
  /** By what tells paths apart whose rules are the same: nearly all windows share one. */
  const ofPaths = new Map<string, WindowRules>();
  const ofWindows = new Map<number, WindowRules>();

  const pathsTo = (windowKey: number) =>
    tree.eras({ kind: 'window', key: windowKey }).map(({ from, above }) => ({
      from,
      path: pathOf(
        above.map((key) => ids.unit.get(key) ?? ''),
        ids.window.get(windowKey) ?? null,
      ),
    }));
  const pathAt = (windowKey: number, atMs: number) =>
    pathsTo(windowKey).findLast(({ from }) => from <= atMs)?.path ?? [];
  const make = (windowKey: number): WindowRules => {
    const paths = pathsTo(windowKey);
    const zoneEras = zones.eras({ kind: 'window', key: windowKey });
    const moments = [...new Set([...paths, ...zoneEras].map(({ from }) => from))].sort((a, b) => a - b);
    const eras = moments.map((from) => ({
      ...{ from, timeZone: zoneAt(zoneEras, from) },
      path: (paths.findLast((one) => one.from <= from)?.path ?? []).filter((node) => ruled.has(node)),
    }));
    const name = eras.map(({ from, timeZone, path }) => `${from} ${timeZone} ${path.join(' ')}`).join('\n');
    const known =
      ofPaths.get(name) ??
      rulesThroughEras(
        eras.map(({ from, timeZone, path }) => ({
          from,
          rules: createWindowRules(path, versions, { ...clocksOf(timeZone), holidaysOf }),
        })),
      );
    ofPaths.set(name, known);
    return known;
  };
  return {
    of(windowKey) {
      let known = ofWindows.get(windowKey);
      if (!known) {
        known = make(windowKey);
        ofWindows.set(windowKey, known);
      }
      return known;
    },
    pathAt,
    zonesOf: zones.eras,
    asked: () => [...ofWindows.keys()],
  };
}

type Clocks = { calendar: Calendar; zoned: (atMs: number) => string };

const clocks = new Map<string, Clocks>();

/** Made once each: they remember the days that they were asked about. @throws RangeError when the runtime does not know the zone */
export function clocksOf(timeZone: string): Clocks {
  let known = clocks.get(timeZone);
  if (!known) {
    known = { calendar: createCalendar(timeZone), zoned: createZonedTime(timeZone) };
    clocks.set(timeZone, known);
  }
  return known;
}
