/** The port to votes read back. Nothing of it holds up ingest for long, whatever is asked: what is much comes in parts. */
import type { RatingCode } from '../domain/tally.ts';
import type { ChannelCode, ClockCode, VerdictCode } from './ledger.ts';

export type RecentVote = {
  journalKey: number;
  seq: number;
  windowKey: number;
  rating: RatingCode;
  at: number;
};

export type ExportedVote = {
  /** Null of a vote that is no terminal's: it has an origin. */
  terminalId: string | null;
  epoch: string | null;
  origin: string | null;
  /** That its origin has given it. */
  key: string | null;
  seq: number;
  windowId: string;
  channel: ChannelCode;
  rating: RatingCode;
  at: number;
  clock: ClockCode;
  receivedAt: number;
  /** What the terminal said of when, where the press was placed at another time; null where `at` is its own word. */
  claimedAt: number | null;
  /** A person has excluded it from the scores. */
  excluded: 0 | 1;
  /** By the rules. */
  verdict: VerdictCode;
};

/** What was set aside, as people look at it. */
export type SetAside = {
  receivedAt: number;
  reason: string;
  terminalId: string | null;
  topic: string;
  seq: number | null;
  payload: string;
};

/** Votes of one rating and one verdict that were pressed at one window within one minute, all excluded or none. */
export type MinuteRow = {
  minuteStart: number;
  windowKey: number;
  rating: RatingCode;
  excluded: boolean;
  verdict: VerdictCode;
  votes: number;
};

/** Of the votes of a quarter of an hour and window, those that a person has excluded, a rating. */
export type ExcludedRow = { quarterStart: number; windowKey: number; counts: [number, number, number] };

/** … those that rules discount and no person has excluded. */
export type DiscountedRow = ExcludedRow & { verdict: VerdictCode };

/** Each method may throw StoreFailure. Times are UTC milliseconds, and of the press where nothing else is said. */
export interface VoteReads {
  /** Of every window, when its latest vote was pressed. */
  lastVotes(): Promise<{ windowKey: number; lastAt: number }[]>;
  /** Votes of the last while, from a moment on. Of those excluded as of now. */
  minutes(fromMs: number): AsyncIterable<MinuteRow>;
  excluded(fromMs: number): AsyncIterable<ExcludedRow>;
  discounted(fromMs: number): AsyncIterable<DiscountedRow>;
  /** Votes stored of each terminal in each quarter of an hour since. */
  storedSince(fromMs: number): AsyncIterable<{ terminalKey: number; quarterStart: number; votes: number }>;
  /**
   * The newest by press time, newest first; at most `limit` of them, and none much older than the newest. `lastAt` is when
   * the window's latest vote was pressed.
   */
  newestVotes(
    windows: readonly { windowKey: number; lastAt: number }[],
    limit: number,
  ): Promise<RecentVote[]>;
  /** Votes pressed in [from, to), of all windows or some, by press time; in pages, so that a slow reader holds no transaction open. */
  exportVotes(
    fromMs: number,
    toMs: number,
    windowKeys: readonly number[] | null,
  ): AsyncIterable<ExportedVote[]>;
  /** What was set aside, newest first. */
  setAside(limit: number): Promise<SetAside[]>;
}
