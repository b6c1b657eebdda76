/** The port to reviews: what detectors have flagged, or a person has brought up, and what two people decide about its votes. */

import type { Role } from '../../protocol/session.ts';
import type { Actor } from '../domain/actor.ts';
import type { ReviewState, ReviewStep, VoteDecision } from '../domain/review-steps.ts';
import type { RatingCode } from '../domain/tally.ts';
import type { Changes } from './changes.ts';
import type { Lease } from './leases.ts';
import type { ChannelCode, Corrected, VerdictCode } from './ledger.ts';

export type VoteKey = { journalKey: number; seq: number };

/** `figures` are named with their units; `limit` is what the deciding one was held against. */
export type Evidence = { figures: Readonly<Record<string, number>>; limit: number };

export type NewReview = Evidence & {
  id: string;
  windowKey: number;
  decision: VoteDecision;
  /** Which detector has found it, and the version of it; `person` and 0. */
  detector: string;
  version: number;
  /** What it is about, beside its detector and window: the same is kept once. */
  about: string;
  /** Press times of the first and the last vote, or the span that was looked at. UTC milliseconds, both ends included. */
  from: number;
  to: number;
  foundAt: number;
  votes: readonly VoteKey[];
};

export type ReviewRecord = Omit<NewReview, 'votes' | 'about'> & {
  key: number;
  /** How many votes it is about. */
  votes: number;
  state: ReviewState;
  /** Who has proposed what is now to be confirmed, or is; as `writeActor` has it. */
  proposedBy: string | null;
};

/** `open`: it was found, or brought up. */
export type ReviewEvent = { step: ReviewStep | 'open'; at: number; by: string; reason: string };

export type ReviewedVote = VoteKey & {
  /** Null of what is no terminal's; then `origin` says which system has given it. */
  terminalId: string | null;
  epoch: string | null;
  origin: string | null;
  channel: ChannelCode;
  rating: RatingCode;
  at: number;
  receivedAt: number;
  /** What it counts for now, and what the rules say of it. */
  verdict: VerdictCode;
  byRules: VerdictCode;
  /** A person has excluded the span that it is in. */
  excluded: 0 | 1;
};

/** What is left out does not narrow. */
export type ReviewFilter = {
  windowKeys?: readonly number[];
  states?: readonly ReviewState[];
  detectors?: readonly string[];
  /** Found before that one: its key. */
  before?: number;
};

/** `since`: when something was last done about it. UTC milliseconds. */
export type WaitingReviews = { windowKey: number; reviews: number; since: number };

export interface ReviewsReads {
  /** Newest first. @throws StoreFailure */
  list(filter: ReviewFilter, limit: number): Promise<ReviewRecord[]>;
  review(id: string): Promise<ReviewRecord | undefined>;
  /** Oldest first. */
  events(key: number): Promise<ReviewEvent[]>;
  /** By press time. */
  votesOf(key: number): Promise<ReviewedVote[]>;
  /** How many wait for a first person, and for a second one. */
  waiting(windowKeys?: readonly number[]): Promise<{ open: number; proposed: number }>;
  /** Of each window how many wait, and since when the one that waits longest does. */
  waitingByWindow(): Promise<WaitingReviews[]>;
}

/** An account as it is now; `isAbove`: it may see that window. */
export type Decider = { role: Role; isDisabled: boolean; isAbove: boolean };

/** `decisions`: the count of all decisions, this one included. `concerned`: see `ReviewTx`. */
export type Settled = { corrected: readonly Corrected[]; decisions: number; concerned: string[] | null };

export type Opened = { id: string; isNew: boolean };

export interface ReviewsTx extends ReviewsReads {
  /**
   * Where the same is kept already nothing is done. What detectors find of votes that an open review of theirs is about, and more or fewer of
   * them, is that review from now on; one that somebody has proposed is left alone until it is decided.
   * @returns the id of the one that is opened, or renewed
   */
  open(review: NewReview, by: Actor, reason: string): Promise<Opened | null>;
  step(key: number, to: ReviewState, event: ReviewEvent): Promise<void>;
  /** How many that people have brought up are not decided: at a window, and by one of them (`writeActor`). */
  raised(windowKey: number, by: string): Promise<{ atWindow: number; byPerson: number }>;
  /** Undefined: there is no such account. */
  decider(accountName: string, windowKey: number): Promise<Decider | undefined>;
  /**
   * What its votes count for follows from all confirmed reviews that they are in, the latest first, and without one from the rules. With
   * what is kept beside them.
   */
  settle(key: number): Promise<Settled>;
  /** Stored votes of a window by press time, both ends included, that `decision` would change something about; at most so many. */
  votesWithin(
    windowKey: number,
    span: { from: number; to: number },
    decision: VoteDecision,
    limit: number,
  ): Promise<VoteKey[]>;
}

/** What is stored of a window in a quarter of an hour: all of it, and what of it counts. */
export type QuarterSums = { quarterStart: number; votes: Sums; counted: Sums };
type Sums = [satisfied: number, basically: number, unsatisfied: number];

/** A vote as detectors see it. */
export type PressSeen = VoteKey & {
  /** Null of a vote that is no terminal's. */
  terminalKey: number | null;
  channel: ChannelCode;
  rating: RatingCode;
  at: number;
  isCounted: boolean;
  /** Of one that nobody has pressed: when it was received, and whether a system has given it. Null of others. */
  record: { receivedAt: number; isImputed: boolean } | null;
};

/** What a local day of a window was when it was looked at. */
export type DayLooked = { day: number; seen: string };

export interface LookReads {
  /** Windows that have votes and were not looked at since, those longest ago first. @throws StoreFailure */
  dueWindows(since: number, limit: number): Promise<number[]>;
  /** From a moment on, ascending; what is nothing is left out. */
  quarters(windowKey: number, fromMs: number): Promise<QuarterSums[]>;
  /** In the order in which votes are judged. Both ends included. */
  presses(windowKey: number, from: number, to: number): Promise<PressSeen[]>;
  daysLooked(windowKey: number): Promise<DayLooked[]>;
}

export type Looked = { windowKey: number; at: number; days: readonly DayLooked[]; forgetBefore: number };

export interface ReviewsStore extends ReviewsReads, LookReads, Changes<ReviewsTx> {
  /** @throws LeaseLost, StoreFailure */
  noteLooked(looked: readonly Looked[], held: Lease): Promise<void>;
}
