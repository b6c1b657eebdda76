/** The tree through time: which windows stood below a place when, and by which names rules know the places above a window. */
import type { RecountPlan, StoredStand } from '../store/recount.ts';
import { hasClocksOf } from './local-time.ts';
import type { Span } from './period.ts';

export type RecountPlace = { kind: 'unit' | 'window'; id: string };
export type PlannedWindow = RecountPlan['windows'][number];

/**
 * From a moment on, until the next: where a window stood, everywhere first, then from the top unit down to the window; and by which
 * time zone.
 */
export type PathSince = { from: number; path: string[]; timeZone: string };
export type ZoneSince = { from: number; timeZone: string };

/** @param gatewayZone of what no unit above says otherwise */
export function createPlaces({ units, windows, stands, zones }: RecountPlan, gatewayZone: string) {
  const idOf = new Map(units.map(({ key, id }) => [key, id]));
  const parents = new Map<string, StoredStand[]>();
  const nameOf = (kind: StoredStand['kind'], key: number) => `${kind} ${key}`;
  for (const stand of stands) {
    const name = nameOf(stand.kind, stand.key);
    parents.set(name, [...(parents.get(name) ?? []), stand]);
  }
  const standing = new Map([
    ...units.map(({ key, parentKey }) => [nameOf('unit', key), parentKey] as const),
    ...windows.map(({ key, unitKey }) => [nameOf('window', key), unitKey] as const),
  ]);
  const parentAt = (kind: StoredStand['kind'], key: number, atMs: number): number | null => {
    const own = parents.get(nameOf(kind, key));
    if (!own) return standing.get(nameOf(kind, key)) ?? null;
    const before = own.filter(({ from }) => from <= atMs);
    return (before.at(-1) ?? own[0])?.parentKey ?? null;
  };
  /** Keys, from the nearest to the top. */
  const aboveAt = ({ key }: PlannedWindow, atMs: number): number[] =>
    unitsFrom(parentAt('window', key, atMs), atMs);
  const unitsFrom = (first: number | null, atMs: number): number[] => {
    const above: number[] = [];
    let next = first;
    while (next !== null && !above.includes(next)) {
      above.push(next);
      next = parentAt('unit', next, atMs);
    }
    return above;
  };
  /** Only then anything has changed its place, or a unit its time zone. */
  const moments = [...new Set([...stands, ...zones].map(({ from }) => from))].sort((a, b) => a - b);
  /** What the nearest unit says that says something. */
  const zoneAmong = (unitKeys: readonly number[], atMs: number): string => {
    const said = unitKeys.map(
      (unit) => zones.filter(({ unitKey, from }) => unitKey === unit && from <= atMs).at(-1)?.timeZone,
    );
    return said.find((timeZone) => typeof timeZone === 'string' && hasClocksOf(timeZone)) ?? gatewayZone;
  };
  const keysAt = ({ kind, id }: RecountPlace, atMs: number): number[] => {
    if (kind === 'window') return windows.flatMap((one) => (one.id === id ? aboveAt(one, atMs) : []));
    return units.flatMap(({ id: of, key }) => (of === id ? unitsFrom(key, atMs) : []));
  };
  const spansUnder = (unitId: string, serviceWindow: PlannedWindow, { from, to }: Span): Span[] => {
    const found: Span[] = [];
    const borders = [from, ...moments.filter((at) => at > from && at < to), to];
    for (const [index, begin] of borders.slice(0, -1).entries()) {
      const end = borders[index + 1] as number;
      if (!aboveAt(serviceWindow, begin).some((key) => idOf.get(key) === unitId)) continue;
      const last = found.at(-1);
      if (last?.to === begin) last.to = end;
      else found.push({ from: begin, to: end });
    }
    return found;
  };
  return {
    /** Null when there is none. */
    nameOf({ kind, id }: RecountPlace): string | null {
      const all: readonly { id: string; name: string }[] = kind === 'unit' ? units : windows;
      return all.find((one) => one.id === id)?.name ?? null;
    },
    /** Those that stood there within the span, and when. */
    windowsOf({ kind, id }: RecountPlace, span: Span): { serviceWindow: PlannedWindow; spans: Span[] }[] {
      if (kind === 'window')
        return windows.flatMap((one) => (one.id === id ? [{ serviceWindow: one, spans: [span] }] : []));
      return windows
        .map((one) => ({ serviceWindow: one, spans: spansUnder(id, one, span) }))
        .filter(({ spans }) => spans.length > 0);
    },
    /** The first from ever. */
    pathsTo(serviceWindow: PlannedWindow): PathSince[] {
      const found: PathSince[] = [];
      for (const from of [Number.NEGATIVE_INFINITY, ...moments]) {
        const keys = aboveAt(serviceWindow, from);
        const above = keys.map((key) => `unit:${idOf.get(key)}`);
        const path = ['all', ...above.toReversed(), `window:${serviceWindow.id}`];
        const timeZone = zoneAmong(keys, from);
        const last = found.at(-1);
        if (last?.path.join(' ') !== path.join(' ') || last.timeZone !== timeZone)
          found.push({ from, path, timeZone });
      }
      return found;
    },
    /** In which zone a place lay; the first from ever. */
    zonesOf(place: RecountPlace): ZoneSince[] {
      const found: ZoneSince[] = [];
      for (const from of [Number.NEGATIVE_INFINITY, ...moments]) {
        const timeZone = zoneAmong(keysAt(place, from), from);
        if (found.at(-1)?.timeZone !== timeZone) found.push({ from, timeZone });
      }
      return found;
    },
  };
}
