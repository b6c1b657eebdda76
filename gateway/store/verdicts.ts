/** The port to verdicts that only what is stored can tell: of votes that came late, or that people and rules have changed something about. */
import type { RatingCode } from '../domain/tally.ts';
import type { ChannelCode, ClockCode, Corrected, VerdictCode } from './ledger.ts';
import type { CommitId } from './neighbours.ts';

/** Press times, UTC milliseconds, both ends included. */
export type PressSpan = { from: number; to: number };

/** A vote with all that rules look at. */
export type StoredPress = {
  journalKey: number;
  terminalKey: number;
  seq: number;
  channel: ChannelCode;
  rating: RatingCode;
  at: number;
  clock: ClockCode;
  /** The gateway or a person has placed it where it is. */
  isPlaced: boolean;
  boot: string;
  mono: number;
  verdict: VerdictCode;
};

export type Judging = {
  /** How many versions of rules it judges by: where there are more, it judges nothing. */
  versions(): number;
  /** Of votes that came, went or changed within `span`: whose verdicts may be others, and what must be seen to tell. */
  reachOf(windowKey: number, span: PressSpan): { affected: PressSpan; needed: PressSpan };
  /** In the order of `votes`, which are all of the window in a span; by press time. At once: the database waits for it. */
  verdictsOf(windowKey: number, votes: readonly StoredPress[]): readonly VerdictCode[];
};

export type Judged = {
  /** Rules have been set that it does not know. */
  isStale: boolean;
  /** The database's name of it; null where there is one gateway. */
  commit: CommitId | null;
  corrected: readonly Corrected[];
  /** Votes that were looked at. */
  votes: number;
};

export interface VerdictStore {
  /** Is anything waiting? @throws StoreFailure */
  isWaiting(): Promise<boolean>;
  /** Judges some of it, while no vote is stored: for some ten milliseconds. @throws StoreFailure */
  judge(by: Judging): Promise<Judged>;
}
