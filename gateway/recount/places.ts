/** The tree: which windows are below a place, and by which names rules know the places above a window. */
import type { RecountPlan } from '../store/recount.ts';

export type RecountPlace = { kind: 'unit' | 'window'; id: string };
export type PlannedWindow = RecountPlan['windows'][number];
type PlannedUnit = RecountPlan['units'][number];

export function createPlaces({ units, windows }: RecountPlan) {
  const unitByKey = new Map(units.map((unit) => [unit.key, unit]));
  /** From the nearest to the top. */
  const unitsAbove = (serviceWindow: PlannedWindow): PlannedUnit[] => {
    const above: PlannedUnit[] = [];
    let unit = unitByKey.get(serviceWindow.unitKey);
    while (unit) {
      above.push(unit);
      unit = unit.parentKey === null ? undefined : unitByKey.get(unit.parentKey);
    }
    return above;
  };
  return {
    /** Null when there is none. */
    nameOf({ kind, id }: RecountPlace): string | null {
      const all: readonly { id: string; name: string }[] = kind === 'unit' ? units : windows;
      return all.find((one) => one.id === id)?.name ?? null;
    },
    windowsOf: ({ kind, id }: RecountPlace): PlannedWindow[] =>
      windows.filter((one) =>
        kind === 'window' ? one.id === id : unitsAbove(one).some((unit) => unit.id === id),
      ),
    /** Everywhere, then from the top unit down to the window. */
    pathTo(serviceWindow: PlannedWindow): string[] {
      const above = unitsAbove(serviceWindow).map(({ id }) => `unit:${id}`);
      return ['all', ...above.toReversed(), `window:${serviceWindow.id}`];
    },
  };
}
