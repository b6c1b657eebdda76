/** The port to what live scores are made of. */
import type { RollupRow } from './ledger.ts';
import type { CommitId } from './neighbours.ts';
import type { DiscountedRow, ExcludedRow, MinuteRow } from './votes.ts';

/** Each may throw StoreFailure. Read one after another. */
export type ScoreParts = {
  /** Of every window, when its latest vote was pressed. */
  lastVotes(): Promise<{ windowKey: number; lastAt: number }[]>;
  /** Votes of the last while, from a moment on. Of those excluded as of now. */
  minutes(fromMs: number): AsyncIterable<MinuteRow>;
  excluded(fromMs: number): AsyncIterable<ExcludedRow>;
  discounted(fromMs: number): AsyncIterable<DiscountedRow>;
  /** Sums of a quarter and window from `fromMs` on. */
  rollups(fromMs: number): AsyncIterable<RollupRow>;
};

/** Is what another gateway has committed among what was read? */
export type Includes = (commit: CommitId) => boolean;

export interface ScoreReads {
  /**
   * All parts as of one moment; of a database with one gateway, as long as that one stores nothing meanwhile. @throws StoreFailure,
   * and what `read` throws
   */
  asOf<T>(read: (parts: ScoreParts) => Promise<T>): Promise<{ found: T; includes: Includes }>;
}
