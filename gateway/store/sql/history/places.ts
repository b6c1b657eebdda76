/** Which units a window stood under, in each quarter of an hour. */
import { QUARTER_MS } from '../../../domain/calendar.ts';
import type { OrgVersion } from '../../../domain/org.ts';

/** Quarters of an hour since the epoch; `end` is not in it. */
export type QuarterSpan = { from: number; end: number };

/** Windows, and a span in which none comes and none goes. */
export type Stand = QuarterSpan & { windowKeys: readonly number[] };

export type Places = {
  /** The unit that the window stood under, and those above it. */
  unitsAbove(windowKey: number, quarter: number): readonly number[];
  /** The windows that stood under a unit, through a span: in its order, and none of it twice. */
  windowsUnder(unitKey: number, span: QuarterSpan): Stand[];
};

type Version = { from: number; parentKey: number | null };
type Timelines = Map<number, Version[]>;

/** @param versions of each unit and window, in the order of time */
export function createPlaces(versions: readonly OrgVersion[]): Places {
  const units: Timelines = new Map();
  const windows: Timelines = new Map();
  const moves = new Set<number>();
  for (const { kind, key, parentKey, from } of versions) {
    const timelines = kind === 'unit' ? units : windows;
    const quarter = Math.ceil(from / QUARTER_MS);
    const known = timelines.get(key);
    if (known === undefined) timelines.set(key, [{ from: quarter, parentKey }]);
    // Another name leaves it where it was.
    else if (known.at(-1)?.parentKey !== parentKey) {
      known.push({ from: quarter, parentKey });
      moves.add(quarter);
    }
  }
  const borders = [...moves].sort((a, b) => a - b);

  const unitsAbove = (windowKey: number, quarter: number): readonly number[] => {
    const above: number[] = [];
    let key = parentAt(windows.get(windowKey), quarter);
    // What stands below itself by a row that nobody should have written must not be gone round for ever.
    while (key !== null && !above.includes(key)) {
      above.push(key);
      key = parentAt(units.get(key), quarter);
    }
    return above;
  };
  const stands = new Map<string, readonly number[]>();
  const standAt = (unitKey: number, quarter: number): readonly number[] => {
    const era = borders.findLast((border) => border <= quarter) ?? 0;
    const name = `${unitKey}/${era}`;
    let found = stands.get(name);
    if (!found) {
      found = [...windows.keys()].filter((key) => unitsAbove(key, quarter).includes(unitKey));
      stands.set(name, found);
    }
    return found;
  };

  return {
    unitsAbove,
    windowsUnder(unitKey, { from, end }) {
      const found: Stand[] = [];
      for (const start of [from, ...borders.filter((border) => border > from && border < end)]) {
        const windowKeys = standAt(unitKey, start);
        const last = found.at(-1);
        if (last) last.end = start;
        if (last && isSame(last.windowKeys, windowKeys)) last.end = end;
        else found.push({ from: start, end, windowKeys });
      }
      return found;
    },
  };
}

/** A window of before there were versions stood where its first one says. */
function parentAt(timeline: readonly Version[] | undefined, quarter: number): number | null {
  if (timeline === undefined) return null;
  for (let at = timeline.length - 1; at > 0; at--) {
    const version = timeline[at] as Version;
    if (version.from <= quarter) return version.parentKey;
  }
  return timeline[0]?.parentKey ?? null;
}

const isSame = (some: readonly number[], others: readonly number[]) =>
  some.length === others.length && some.every((key, at) => key === others[at]);
