/**
 * Rows of whole periods, kept from one answer to the next. A row that says the same is the same object, so that whoever makes
 * something of it (its JSON) can tell that it need not be made again.
 */
import type { LiveRow } from '../../protocol/live.ts';
import type { FigureRules, Period } from '../../protocol/score.ts';
import type { OrgTree, ServiceWindow, Unit } from '../domain/org.ts';

export type Rows = { units: LiveRow[]; windows: LiveRow[] };

export type KeptRows = {
  /** Something about a window has changed. Called with every vote. */
  touch(windowId: string): void;
  /** … about any of them. */
  touchAll(): void;
  of(period: Period, now: number): Rows;
};

export type KeptRowsDeps<Sum> = {
  tree: () => OrgTree;
  figures: () => FigureRules;
  /** Which votes count is another question when this is another number. */
  spanOf(period: Period, now: number): number;
  windowSum(serviceWindow: ServiceWindow, period: Period, now: number): Sum;
  unitSum(unit: Unit, ofWindow: (serviceWindow: ServiceWindow) => Sum, ofUnit: (unit: Unit) => Sum): Sum;
  windowRow(serviceWindow: ServiceWindow, sum: Sum): LiveRow;
  unitRow(unit: Unit, sum: Sum, period: Period, now: number): LiveRow;
  /** Whose rows something about a window can change. */
  unitsOf(serviceWindow: ServiceWindow): Unit[];
};

type Kept<Sum> = {
  /** Alone, because a snapshot takes all that is in it. */
  rows: Rows;
  /** Windows of which something has changed since they were made. */
  touched: Set<string>;
  tree: OrgTree;
  rules: string;
  span: number;
  windowSums: Map<string, Sum>;
  unitSums: Map<string, Sum>;
};

export function createKeptRows<Sum>(deps: KeptRowsDeps<Sum>): KeptRows {
  const { tree, figures, spanOf, windowSum, unitSum, windowRow, unitRow, unitsOf } = deps;
  /** By the period, of which there are four. */
  const periods = new Map<Period, Kept<Sum>>();

  const indexes = new WeakMap<OrgTree, Map<string, number>>();
  /** Where each window stands among those of the tree. */
  const indexOf = (whole: OrgTree): Map<string, number> => {
    const known = indexes.get(whole);
    if (known) return known;
    const index = new Map(whole.windows.map(({ id }, at) => [id, at]));
    indexes.set(whole, index);
    return index;
  };

  const make = (period: Period, now: number, before: Kept<Sum> | null): Kept<Sum> => {
    const whole = tree();
    const kept: Kept<Sum> = {
      ...{ touched: new Set(), tree: whole, rules: JSON.stringify(figures()), span: spanOf(period, now) },
      rows: { units: before?.rows.units.slice() ?? [], windows: before?.rows.windows.slice() ?? [] },
      windowSums: before?.windowSums ?? new Map(),
      unitSums: before?.unitSums ?? new Map(),
    };
    const above = new Set<string>();
    const renew = (serviceWindow: ServiceWindow, at: number) => {
      const sum = windowSum(serviceWindow, period, now);
      kept.windowSums.set(serviceWindow.id, sum);
      kept.rows.windows[at] = windowRow(serviceWindow, sum);
    };
    if (!before) whole.windows.forEach(renew);
    for (const windowId of before?.touched ?? []) {
      const serviceWindow = whole.windowById.get(windowId);
      if (!serviceWindow) continue;
      renew(serviceWindow, indexOf(whole).get(windowId) as number);
      for (const { id } of unitsOf(serviceWindow)) above.add(id);
    }
    // Children before parents, so that each is summed once.
    for (let at = whole.units.length - 1; at >= 0; at--) {
      const unit = whole.units[at] as Unit;
      if (before && !above.has(unit.id)) continue;
      const sum = unitSum(
        unit,
        ({ id }) => kept.windowSums.get(id) as Sum,
        ({ id }) => kept.unitSums.get(id) as Sum,
      );
      kept.unitSums.set(unit.id, sum);
      kept.rows.units[at] = unitRow(unit, sum, period, now);
    }
    return kept;
  };

  return {
    touch(windowId) {
      for (const { touched } of periods.values()) touched.add(windowId);
    },
    touchAll: () => periods.clear(),
    of(period, now) {
      const known = periods.get(period);
      const isSame =
        known !== undefined &&
        known.tree === tree() &&
        known.span === spanOf(period, now) &&
        known.rules === JSON.stringify(figures());
      if (isSame && known.touched.size === 0) return known.rows;
      const made = make(period, now, isSame ? known : null);
      periods.set(period, made);
      return made.rows;
    },
  };
}
