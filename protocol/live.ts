/**
 * What the wall receives over `GET /api/v1/live` (WebSocket, text frames, JSON): one `snapshot`, then `patch` messages.
 * A patch carries whole rows, latest value a key, never differences, and says from which revision to which it leads: a
 * client whose own revision is not `from` sends `{"type":"resync"}` and gets a new snapshot. `tick` comes every five
 * seconds when there is nothing else to say, so that silence means a lost gateway.
 */
import type { AlertItem } from './alert.ts';
import type { FigureRules, Interval, Place, Proof, Score, ScoreRow } from './score.ts';
import type { Counts, Rating } from './vote.ts';

/**
 * A unit's or window's row for today. What can be told from the rest is left out: the path (the client has the tree), the shares, and
 * whether the sample is sufficient (`proof` says so).
 */
export type LiveRow = Pick<
  ScoreRow,
  | keyof Score
  | 'id'
  | 'kind'
  | 'name'
  | 'parentId'
  | 'excluded'
  | 'discounted'
  | 'lastVoteAt'
  | 'terminals'
  | 'completeness'
> & {
  proof: Proof;
  /** Of units only, whose figures are shown with theirs: a city has thousands of windows. Null without votes. */
  intervals?: { rate: Interval; index: Interval } | null;
  /** How soon somebody should look at it: 0 not at all, else the higher the sooner. Only the order means something. */
  attention: number;
};

/** Of a unit that is compared with others; null where its sample is insufficient. */
export type UnitPlace = { unitId: string; place: Place | null };

/** Votes of the whole city pressed in the minute that starts at `minute` (milliseconds). */
export type TrendMinute = { minute: number } & Counts;

/** One vote in the ticker. `id` is unique in the stream and ascending. */
export type TickerVote = { id: number; windowId: string; rating: Rating; at: number };

/**
 * What a stream shows moves on in steps, because whoever reads it may stand beside a window: every so many minutes, by so many votes
 * of a window at once. `at`: when the last step was; null before the first.
 */
export type Steps = { minutes: number; leastVotes: number; at: number | null };

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
  figures: FigureRules;
  /** Parents before children. */
  units: LiveRow[];
  windows: LiveRow[];
  /** Of each unit that is compared: the first generation with more than one, or those that hold windows. In the order of the tree. */
  places: UnitPlace[];
  /** TREND_MINUTES minutes, oldest first, the last one under way. */
  trend: TrendMinute[];
  /** Newest first, at most TICKER_LENGTH. */
  ticker: TickerVote[];
  /** Of a stream that moves on in steps: then `trend` and `ticker` are empty, and every step is a snapshot. */
  steps?: Steps;
};

export type Patch = Base & {
  type: 'patch';
  /** The revision this patch builds on. */
  from: number;
  units: LiveRow[];
  windows: LiveRow[];
  /** Those that have changed; they follow the rows within a second. */
  places: UnitPlace[];
  /** Minutes that changed or began; forget those more than TREND_MINUTES old. */
  trend: TrendMinute[];
  /** Votes since `from`, newest first, at most TICKER_LENGTH of them. */
  ticker: TickerVote[];
};

/** One that has not ended. */
export type LiveAlert = Pick<
  AlertItem,
  'id' | 'kind' | 'state' | 'node' | 'name' | 'unitId' | 'isUrgent' | 'begin' | 'times'
>;

export const ALERTS_SHOWN = 8;

export type LiveAlerts = {
  /** Nobody has said yet that they see to these, and somebody has. */
  open: number;
  acknowledged: number;
  /** Those to be looked at first, at most ALERTS_SHOWN of them. */
  first: LiveAlert[];
};

export type Tick = Base & {
  type: 'tick';
  /** To those who see alerts, those of what they see: first, and whenever they are others. What was told before holds where they are left out. */
  alerts?: LiveAlerts;
};

export type LiveMessage = Snapshot | Patch | Tick;
export type LiveRequest = { type: 'resync' };
