/** What one flush changed, each part by its key; a slow client's queue is a merge of these. */
import {
  type LiveRow,
  type Patch,
  TICKER_LENGTH,
  type TickerVote,
  type TrendMinute,
  type UnitPlace,
} from '../../protocol/live.ts';

export type Change = {
  from: number;
  revision: number;
  units: Map<string, LiveRow>;
  windows: Map<string, LiveRow>;
  places: Map<string, UnitPlace>;
  trend: Map<number, TrendMinute>;
  /** Newest first. */
  ticker: TickerVote[];
};

/** A copy of a slow client's own, to merge later changes into. */
export function copyOf({ from, revision, units, windows, places, trend, ticker }: Change): Change {
  return {
    ...{ from, revision, ticker },
    units: new Map(units),
    windows: new Map(windows),
    places: new Map(places),
    trend: new Map(trend),
  };
}

/** Costs what the newer change holds, not what has piled up: many slow walls must not slow the gateway. */
export function mergeInto(older: Change, newer: Change): void {
  older.revision = newer.revision;
  for (const [id, row] of newer.units) older.units.set(id, row);
  for (const [id, row] of newer.windows) older.windows.set(id, row);
  for (const [id, place] of newer.places) older.places.set(id, place);
  for (const [minute, counts] of newer.trend) older.trend.set(minute, counts);
  older.ticker = [...newer.ticker, ...older.ticker].slice(0, TICKER_LENGTH);
}

export function patchOf(change: Change, now: number): Patch {
  return {
    type: 'patch',
    from: change.from,
    revision: change.revision,
    now,
    units: [...change.units.values()],
    windows: [...change.windows.values()],
    places: [...change.places.values()],
    trend: [...change.trend.values()],
    ticker: change.ticker.slice(0, TICKER_LENGTH),
  };
}
