import {
  type LiveAlerts,
  type LiveRow,
  type Patch,
  type Snapshot,
  TICKER_LENGTH,
  type TickerVote,
  TREND_MINUTES,
  type TrendMinute,
  type UnitPlace,
} from '../../../protocol/live.ts';

/**
 * What has arrived since the last paint, folded: the latest row a key. Bounded by the number of rows, minutes and
 * ticker places, however many patches arrive in between.
 */
export type Pending = {
  snapshot: Snapshot | null;
  revision: number;
  units: Map<string, LiveRow>;
  windows: Map<string, LiveRow>;
  places: Map<string, UnitPlace>;
  trend: Map<number, TrendMinute>;
  ticker: TickerVote[];
  alerts: LiveAlerts | null;
};

export function emptyPending(): Pending {
  return {
    snapshot: null,
    revision: 0,
    units: new Map(),
    windows: new Map(),
    places: new Map(),
    trend: new Map(),
    ticker: [],
    alerts: null,
  };
}

/** A snapshot makes everything folded before it worthless. */
export function foldSnapshot(snapshot: Snapshot): Pending {
  return { ...emptyPending(), snapshot, revision: snapshot.revision };
}

/** Folds a patch into `pending`, in place. */
export function foldPatch(pending: Pending, patch: Patch): void {
  pending.revision = patch.revision;
  for (const row of patch.units) pending.units.set(row.id, row);
  for (const row of patch.windows) pending.windows.set(row.id, row);
  for (const place of patch.places) pending.places.set(place.unitId, place);
  for (const minute of patch.trend) pending.trend.set(minute.minute, minute);
  if (patch.ticker.length > 0) pending.ticker = mergeTicker(pending.ticker, patch.ticker);
  if (pending.trend.size > 2 * TREND_MINUTES) {
    pending.trend = new Map(mergeTrend([], pending.trend.values()).map((entry) => [entry.minute, entry]));
  }
}

/** Newest first, each id once, at most TICKER_LENGTH. */
export function mergeTicker(known: readonly TickerVote[], fresh: readonly TickerVote[]): TickerVote[] {
  const byId = new Map<number, TickerVote>();
  for (const vote of known) byId.set(vote.id, vote);
  for (const vote of fresh) byId.set(vote.id, vote);
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, TICKER_LENGTH);
}

/** Oldest first, the latest value a minute, only the last TREND_MINUTES minutes. */
export function mergeTrend(known: readonly TrendMinute[], fresh: Iterable<TrendMinute>): TrendMinute[] {
  const byMinute = new Map<number, TrendMinute>();
  for (const minute of known) byMinute.set(minute.minute, minute);
  for (const minute of fresh) byMinute.set(minute.minute, minute);
  const sorted = [...byMinute.values()].sort((a, b) => a.minute - b.minute);
  const newest = sorted[sorted.length - 1]?.minute ?? 0;
  return sorted.filter((entry) => newest - entry.minute < TREND_MINUTES * 60_000);
}
