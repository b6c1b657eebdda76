/**
 * Rows of whole periods, kept from one answer to the next. A row that says the same is the same object, so that whoever makes
 * something of it (its JSON) can tell that it need not be made again.
 */
import type { LiveRow } from '../../protocol/live.ts';
import type { FigureRules, Period } from '../../protocol/score.ts';
import { type OrgTree, type ServiceWindow, type Unit, unitsAbove } from '../domain/org.ts';

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
  unitRow(unit: Unit, sum: Sum): LiveRow;
};

type Kept<Sum> = {
  /** Alone, because a snapshot takes all that is in it. */
  rows: Rows;
  /** How much had been touched when they were made. */
  at: number;
  tree: OrgTree;
  rules: string;
  span: number;
  windowSums: Map<string, Sum>;
  unitSums: Map<string, Sum>;
};

export function createKeptRows<Sum>(deps: KeptRowsDeps<Sum>): KeptRows {
  const { tree, figures, spanOf, windowSum, unitSum, windowRow, unitRow } = deps;
  let touches = 0;
  let allAt = 0;
  const touchedAt = new Map<string, number>();
  /** By the period, of which there are four. */
  const periods = new Map<Period, Kept<Sum>>();

  const make = (period: Period, now: number, before: Kept<Sum> | null): Kept<Sum> => {
    const whole = tree();
    const kept: Kept<Sum> = {
      ...{ at: touches, tree: whole, rules: JSON.stringify(figures()), span: spanOf(period, now) },
      rows: { units: before?.rows.units.slice() ?? [], windows: before?.rows.windows.slice() ?? [] },
      windowSums: before?.windowSums ?? new Map(),
      unitSums: before?.unitSums ?? new Map(),
    };
    const above = new Set<string>();
    whole.windows.forEach((serviceWindow, at) => {
      if (before && (touchedAt.get(serviceWindow.id) ?? 0) <= before.at) return;
      const sum = windowSum(serviceWindow, period, now);
      kept.windowSums.set(serviceWindow.id, sum);
      kept.rows.windows[at] = windowRow(serviceWindow, sum);
      if (before) for (const { id } of unitsAbove(whole, serviceWindow.unitId)) above.add(id);
    });
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
      kept.rows.units[at] = unitRow(unit, sum);
    }
    return kept;
  };

  return {
    touch(windowId) {
      touches += 1;
      touchedAt.set(windowId, touches);
    },
    touchAll() {
      touches += 1;
      allAt = touches;
      touchedAt.clear();
    },
    of(period, now) {
      const known = periods.get(period);
      const isSame =
        known !== undefined &&
        known.at >= allAt &&
        known.tree === tree() &&
        known.span === spanOf(period, now) &&
        known.rules === JSON.stringify(figures());
      if (isSame && known.at === touches) return known.rows;
      const made = make(period, now, isSame ? known : null);
      periods.set(period, made);
      return made.rows;
    },
  };
}
