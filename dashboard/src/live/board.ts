import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type {
  LiveAlerts,
  LiveRow,
  Steps,
  TickerVote,
  TrendMinute,
  UnitPlace,
} from '../../../protocol/live.ts';
import type { FigureRules } from '../../../protocol/score.ts';
import { mergeTicker, mergeTrend, type Pending } from './pending.ts';

/** What holds for the whole day's board; null before the first snapshot. */
export type BoardMeta = {
  instance: string;
  timeZone: string;
  day: string;
  figures: FigureRules;
  /** Null where votes are shown as they come. */
  steps: Steps | null;
};

/** One signal a row: a vote re-renders one tile and leaves the tree alone. */
export type Rows = {
  ids: ReadonlySignal<readonly string[]>;
  get(id: string): ReadonlySignal<LiveRow> | undefined;
};

export type Board = {
  meta: ReadonlySignal<BoardMeta | null>;
  revision: ReadonlySignal<number>;
  units: Rows;
  windows: Rows;
  /** Of the units that are compared, in the order of the tree. */
  places: ReadonlySignal<readonly UnitPlace[]>;
  trend: ReadonlySignal<readonly TrendMinute[]>;
  ticker: ReadonlySignal<readonly TickerVote[]>;
  /** Null where whoever looks sees none, or has not been told yet. */
  alerts: Signal<LiveAlerts | null>;
  /** Brings everything that was folded onto the wall in one batch. */
  apply(pending: Pending): void;
};

export function createBoard(): Board {
  const meta = signal<BoardMeta | null>(null);
  const revision = signal(0);
  const units = createRows();
  const windows = createRows();
  const places = signal<readonly UnitPlace[]>([]);
  const trend = signal<readonly TrendMinute[]>([]);
  const ticker = signal<readonly TickerVote[]>([]);
  const alerts = signal<LiveAlerts | null>(null);

  function apply(pending: Pending): void {
    batch(() => {
      const { snapshot } = pending;
      if (snapshot !== null) {
        const { instance, timeZone, day, figures, steps = null } = snapshot;
        // Of another start of the gateway: it tells them anew, to whoever still sees them.
        if (meta.peek()?.instance !== instance) alerts.value = null;
        meta.value = { instance, timeZone, day, figures, steps };
        units.replace(snapshot.units);
        windows.replace(snapshot.windows);
        places.value = snapshot.places;
        trend.value = mergeTrend([], snapshot.trend);
        ticker.value = mergeTicker([], snapshot.ticker);
      }
      units.update(pending.units.values());
      windows.update(pending.windows.values());
      if (pending.places.size > 0)
        places.value = places.value.map((one) => pending.places.get(one.unitId) ?? one);
      if (pending.trend.size > 0) trend.value = mergeTrend(trend.value, pending.trend.values());
      if (pending.ticker.length > 0) ticker.value = mergeTicker(ticker.value, pending.ticker);
      if (pending.alerts !== null) alerts.value = pending.alerts;
      // Of alerts alone there is none.
      if (pending.revision > 0 || snapshot !== null) revision.value = pending.revision;
    });
  }

  return { meta, revision, units, windows, places, trend, ticker, alerts, apply };
}

function createRows() {
  const rows = new Map<string, Signal<LiveRow>>();
  const ids = signal<readonly string[]>([]);

  function update(fresh: Iterable<LiveRow>): void {
    let grown = false;
    for (const row of fresh) {
      const known = rows.get(row.id);
      if (known) {
        known.value = row;
      } else {
        rows.set(row.id, signal(row));
        grown = true;
      }
    }
    if (grown) ids.value = [...rows.keys()];
  }

  function replace(all: readonly LiveRow[]): void {
    const kept = new Map(all.map((row) => [row.id, rows.get(row.id) ?? signal(row)]));
    rows.clear();
    for (const row of all) {
      const own = kept.get(row.id)!;
      own.value = row;
      rows.set(row.id, own);
    }
    ids.value = [...rows.keys()];
  }

  return { ids, get: (id: string) => rows.get(id), update, replace };
}
