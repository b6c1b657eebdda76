/** The port to sums over long spans: of a window, or of everything that stood under a unit when it was pressed. */
import type { Counts } from '../../protocol/vote.ts';
import type { ChannelCode, VerdictCode } from './ledger.ts';

/** A window, or every window that stood under a unit at the time of the press. */
export type HistoryOf = { windowKey: number } | { unitKey: number };

/** UTC milliseconds, the end is not in it. */
export type HistorySpan = { from: number; to: number };

export type HistoryRow = {
  channel: ChannelCode;
  /** By the rules; 0 is counted. Of what a person has excluded it is not told apart, and 0. */
  verdict: VerdictCode;
  /** By a person. */
  isExcluded: boolean;
  counts: Counts;
};

/** What is told of a window; none of it is nothing. */
export type WindowHistory = { windowKey: number; rows: HistoryRow[] };

/** A window that stood there, when it did, in the order of time, and what was pressed at it meanwhile. */
export type WindowThere = WindowHistory & {
  spans: HistorySpan[];
  /** … of which so many are told to those at the counter (`KeptShownDay`), of days that it stood there for all of. */
  shown: Counts;
};

export type Parts = {
  /** Every one that stood there for some of the span, in the order of keys. */
  windows: WindowThere[];
  /** Does anything of these windows wait to be judged that was pressed in the span? */
  isWaiting: boolean;
  /** How many versions of the rules there are. */
  ruleVersions: number;
};

export interface HistoryStore {
  /**
   * A list a span between neighbours of `bounds` (ascending UTC milliseconds, multiples of a quarter of an hour, at least two); what is
   * nothing is left out. One consistent moment. @throws StoreFailure
   */
  sums(of: HistoryOf, bounds: readonly number[]): Promise<HistoryRow[][]>;
  /** What came by one channel, of every window that anything came for: a list a span, as above. One consistent moment. @throws StoreFailure */
  windows(bounds: readonly number[], channel: ChannelCode): Promise<WindowHistory[][]>;
  /**
   * What the sum of a span is made of. `span`: bounds as above. One consistent moment. @param daysIn the whole days of a span, as
   * `KeptShownDay` counts them; the end is not one of them. @throws StoreFailure
   */
  parts(
    of: HistoryOf,
    span: HistorySpan,
    daysIn: (span: HistorySpan) => { from: number; end: number },
  ): Promise<Parts>;
}

/** Times are UTC milliseconds. */
export type Folded = {
  /** What was pressed before is summed up for every unit. */
  until: number;
  /** … and shall be. */
  target: number;
  /** Rows that this was made of. */
  rows: number;
};

/** What makes reading cheap, and changes nothing of what is read. */
export interface HistoryFolding {
  /** @param now UTC milliseconds. @throws StoreFailure */
  isDue(now: number): Promise<boolean>;
  /** Some of what is due: in some ten milliseconds, and beside whatever is stored meanwhile. @throws StoreFailure */
  fold(now: number): Promise<Folded>;
}
