/**
 * Turns what happens into numbered changes: what changed since the last flush, as whole rows. A vote is told within
 * FLUSH_MS, and however many votes come in that time, a window costs one row.
 */
import {
  type LiveRow,
  type Patch,
  type Snapshot,
  TICKER_LENGTH,
  type TickerVote,
  TREND_MINUTES,
  type TrendMinute,
} from '../../protocol/live.ts';
import { RATINGS, type Rating } from '../../protocol/vote.ts';
import { type Calendar, MINUTE_MS } from '../domain/calendar.ts';
import { type OrgTree, unitsAbove } from '../domain/org.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import type { VoteRecord } from '../store/store.ts';
import type { Board } from './board.ts';

export const FLUSH_MS = 50;

/** What one flush changed, each part by its key; a slow client's queue is a merge of these. */
export type Change = {
  from: number;
  revision: number;
  units: Map<string, LiveRow>;
  windows: Map<string, LiveRow>;
  trend: Map<number, TrendMinute>;
  /** Newest first. */
  ticker: TickerVote[];
};

export type FeedDeps = {
  board: Board;
  book: ScoreBook;
  calendar: Calendar;
  tree: () => OrgTree;
  now: () => number;
  instance: string;
  targetRate: number;
};

export type FeedListener = { changed(change: Change): void; replaced(): void };

export type Feed = {
  voted(vote: VoteRecord): void;
  /** A window's terminals or completeness have changed. */
  touched(windowId: string): void;
  /** Everything may have changed (the tree did). */
  replaced(): void;
  /** Called often: begins new minutes and days. */
  tick(): void;
  revision(): number;
  snapshot(): Snapshot;
  listen(listener: FeedListener): void;
  stop(): void;
};

export function createFeed(deps: FeedDeps): Feed {
  const { board, book, calendar, tree, now } = deps;
  const listeners: FeedListener[] = [];
  let revision = 0;
  let nextVoteId = 1;
  let ticker: TickerVote[] = [];
  let day = calendar.dayOf(now());
  let minute = minuteOf(now());

  let dirtyWindows = new Set<string>();
  let dirtyMinutes = new Set<number>();
  /** Oldest first until the flush. */
  let newVotes: TickerVote[] = [];
  let timer: NodeJS.Timeout | null = null;
  let lastFlushAt = 0;

  const trendMinute = (start: number): TrendMinute => ({ minute: start, ...book.cityMinute(start) });

  const flush = () => {
    timer = null;
    lastFlushAt = performance.now();
    const at = now();
    // Sums of yesterday must not be added to rows of today, in the second before the next tick.
    if (calendar.dayOf(at) !== day) board.forget();
    const latest = newVotes.slice(-TICKER_LENGTH).reverse();
    const windows = new Map<string, LiveRow>();
    const dirtyUnits = new Set<string>();
    for (const id of dirtyWindows) {
      const serviceWindow = tree().windowById.get(id);
      if (!serviceWindow) continue;
      board.forget(id);
      windows.set(id, board.windowRow(serviceWindow, at));
      for (const unit of unitsAbove(tree(), serviceWindow.unitId)) dirtyUnits.add(unit.id);
    }
    const units = new Map<string, LiveRow>();
    for (const id of dirtyUnits) {
      const unit = tree().unitById.get(id);
      if (unit) units.set(id, board.unitRow(unit, at));
    }
    const change: Change = {
      from: revision,
      revision: revision + 1,
      units,
      windows,
      trend: new Map([...dirtyMinutes].map((start) => [start, trendMinute(start)])),
      ticker: latest,
    };
    revision += 1;
    ticker = [...latest, ...ticker].slice(0, TICKER_LENGTH);
    dirtyWindows = new Set();
    dirtyMinutes = new Set();
    newVotes = [];
    for (const listener of listeners) listener.changed(change);
  };

  /** At once when it has been quiet, so that a lone vote does not wait. */
  const schedule = () => {
    if (timer) return;
    const wait = Math.max(0, FLUSH_MS - (performance.now() - lastFlushAt));
    timer = setTimeout(flush, wait);
  };

  const replaced = () => {
    board.forget();
    if (timer) {
      clearTimeout(timer);
      flush();
    }
    revision += 1;
    for (const listener of listeners) listener.replaced();
  };

  return {
    voted({ windowKey, rating, at }) {
      const serviceWindow = tree().windowByKey.get(windowKey);
      if (!serviceWindow) return;
      dirtyWindows.add(serviceWindow.id);
      const start = minuteOf(at);
      if (start > minute - TREND_MINUTES * MINUTE_MS && start <= minute) dirtyMinutes.add(start);
      newVotes.push({ id: nextVoteId++, windowId: serviceWindow.id, rating: RATINGS[rating] as Rating, at });
      if (newVotes.length > 8 * TICKER_LENGTH) newVotes = newVotes.slice(-TICKER_LENGTH);
      schedule();
    },
    touched(windowId) {
      dirtyWindows.add(windowId);
      schedule();
    },
    replaced,
    tick() {
      const at = now();
      if (minuteOf(at) !== minute) {
        minute = minuteOf(at);
        dirtyMinutes.add(minute);
        schedule();
      }
      if (calendar.dayOf(at) !== day) {
        day = calendar.dayOf(at);
        replaced();
      }
    },
    revision: () => revision,
    snapshot() {
      const at = now();
      const last = minuteOf(at);
      const trend: TrendMinute[] = [];
      for (let back = TREND_MINUTES - 1; back >= 0; back--) trend.push(trendMinute(last - back * MINUTE_MS));
      return {
        type: 'snapshot',
        revision,
        now: at,
        instance: deps.instance,
        timeZone: calendar.timeZone,
        day: calendar.nameOf(calendar.dayOf(at)),
        targetRate: deps.targetRate,
        ...board.rows('today', at),
        trend,
        ticker,
      };
    },
    listen: (listener) => void listeners.push(listener),
    stop() {
      if (timer) clearTimeout(timer);
    },
  };
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** A copy of a slow client's own, to merge later changes into. */
export function copyOf({ from, revision, units, windows, trend, ticker }: Change): Change {
  return { from, revision, units: new Map(units), windows: new Map(windows), trend: new Map(trend), ticker };
}

/** Costs what the newer change holds, not what has piled up: many slow walls must not slow the gateway. */
export function mergeInto(older: Change, newer: Change): void {
  older.revision = newer.revision;
  for (const [id, row] of newer.units) older.units.set(id, row);
  for (const [id, row] of newer.windows) older.windows.set(id, row);
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
    trend: [...change.trend.values()],
    ticker: change.ticker.slice(0, TICKER_LENGTH),
  };
}
