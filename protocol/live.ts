/**
 * What the wall receives over `GET /api/v1/live` (WebSocket, text frames, JSON): one `snapshot`, then `patch` messages.
 * A patch carries whole rows, latest value a key, never differences, and says from which revision to which it leads: a
 * client whose own revision is not `from` sends `{"type":"resync"}` and gets a new snapshot. `tick` comes every five
 * seconds when there is nothing else to say, so that silence means a lost gateway.
 */
import type { ScoreRow } from './score.ts';
import type { Counts, Rating } from './vote.ts';

/** A unit's or window's row for today. The path is left out: the client has the tree. */
export type LiveRow = Omit<ScoreRow, 'path'> & {
  /** How soon somebody should look at it: 0 not at all, else the higher the sooner. Only the order means something. */
  attention: number;
};

/** Votes of the whole city pressed in the minute that starts at `minute` (milliseconds). */
export type TrendMinute = { minute: number } & Counts;

/** One vote in the ticker. `id` is unique in the stream and ascending. */
export type TickerVote = { id: number; windowId: string; rating: Rating; at: number };

/** With fewer votes a rate says nothing: there is no verdict on it, and no rank. */
export const LEAST_VOTES = 10;
export const TICKER_LENGTH = 30;
export const TREND_MINUTES = 60;
export const TICK_INTERVAL_MS = 5_000;

type Base = {
  revision: number;
  /** The gateway's clock when it sent this, milliseconds. */
  now: number;
};

export type Snapshot = Base & {
  type: 'snapshot';
  /** New at every start of the gateway; revisions of different instances have nothing to do with each other. */
  instance: string;
  timeZone: string;
  /** The local day that the rows count, YYYY-MM-DD. */
  day: string;
  /** Target for the satisfaction rate, 0 to 1 (configured; 0.85 unless told). */
  targetRate: number;
  /** Parents before children. */
  units: LiveRow[];
  windows: LiveRow[];
  /** TREND_MINUTES minutes, oldest first, the last one under way. */
  trend: TrendMinute[];
  /** Newest first, at most TICKER_LENGTH. */
  ticker: TickerVote[];
};

export type Patch = Base & {
  type: 'patch';
  /** The revision this patch builds on. */
  from: number;
  units: LiveRow[];
  windows: LiveRow[];
  /** Minutes that changed or began; forget those more than TREND_MINUTES old. */
  trend: TrendMinute[];
  /** Votes since `from`, newest first, at most TICKER_LENGTH of them. */
  ticker: TickerVote[];
};

export type Tick = Base & { type: 'tick' };

export type LiveMessage = Snapshot | Patch | Tick;
export type LiveRequest = { type: 'resync' };
