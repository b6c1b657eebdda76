/** The port to verdicts that only what is stored can tell: of votes that came late, or that people and rules have changed something about. */
import type { VoteDecision } from '../domain/review-steps.ts';
import type { RatingCode } from '../domain/tally.ts';
import type { ChannelCode, ClockCode, Corrected, VerdictCode } from './ledger.ts';
import type { CommitId } from './neighbours.ts';
import type { Origin } from './origins.ts';

/** Press times, UTC milliseconds, both ends included. */
export type PressSpan = { from: number; to: number };

/** A vote with all that rules look at. */
export type StoredPress = {
  journalKey: number;
  /** Null of a vote that is no terminal's. */
  terminalKey: number | null;
  seq: number;
  channel: ChannelCode;
  rating: RatingCode;
  at: number;
  clock: ClockCode;
  /** The gateway or a person has placed it where it is. */
  isPlaced: boolean;
  boot: string;
  mono: number;
  /** What it counts for now. */
  verdict: VerdictCode;
  /** What the rules say of it: another than `verdict` only where two people have decided about it. */
  byRules: VerdictCode;
  isDecided: boolean;
};

/** How a vote is named wherever people name one: a terminal's by its number, a system's by the key that it gave it. */
export type VoteIdentity = TerminalVote | OriginVoteName;
export type TerminalVote = { terminalId: string; epoch: string; seq: number };
export type OriginVoteName = { origin: Origin; key: string };

/** Whose a vote is: a terminal's journal, or a system. */
export type VoteSource = { terminalId: string | null; epoch: string | null; origin: string | null };

/** One vote, with what is known of it beside what rules look at. */
export type FoundVote = StoredPress & {
  windowKey: number;
  receivedAt: number;
  /** What the terminal has said of when, where it was placed at another time; null where `at` is its own word. */
  claimedAt: number | null;
  /** Spans of its window that wait to be judged. */
  waiting: readonly PressSpan[];
  /** What two people have decided about it and not taken back, in that order: the last one holds. */
  reviews: readonly VoteReview[];
};

/** `madeAt` and whatever follows: of who has confirmed it. */
export type VoteReview = {
  id: string;
  decision: VoteDecision;
  proposedBy: string;
  madeAt: number;
  madeBy: string;
  reason: string;
};

export type Judging = {
  /** `RuleGround.revision` of what it judges by: where it is another by now, it judges nothing. */
  revision(): number;
  /** Of votes that came, went or changed within `span`: whose verdicts may be others, and what must be seen to tell. */
  reachOf(windowKey: number, span: PressSpan): { affected: PressSpan; needed: PressSpan };
  /** In the order of `votes`, which are all of the window in `seen`; by press time. At once: the database waits for it. */
  verdictsOf(windowKey: number, votes: readonly StoredPress[], seen: PressSpan): readonly VerdictCode[];
};

export type Judged = {
  /** Rules may have been set, or windows moved, that it does not know of. */
  isStale: boolean;
  /** The database's name of it; null where there is one gateway. */
  commit: CommitId | null;
  corrected: readonly Corrected[];
  /** Votes that were looked at. */
  votes: number;
  /** Spans of windows that wait still. */
  waiting: number;
};

/** What somebody has found of long spans who only reads, at one moment: it is written where it still is so. As it is sent between threads. */
export type Foreseen = {
  /** `Judging.revision`; and how many decisions people had made about votes. */
  revision: number;
  decisions: number;
  /** Of each span that waits, as far as it is judged with this; `from` and `to` are what of it waited. */
  spans: readonly (PressSpan & { key: number; judgedTo: number })[];
  /** How many votes of a window lay in the quarters of an hour of what was seen of it. */
  seen: readonly (PressSpan & { windowKey: number; votes: number })[];
  changes: readonly ForeseenChange[];
  /** That were looked at. */
  votes: number;
};

/** `byRules` is what the rules said of it before. */
export type ForeseenChange = {
  windowKey: number;
  vote: Pick<
    StoredPress,
    'journalKey' | 'terminalKey' | 'seq' | 'channel' | 'rating' | 'at' | 'verdict' | 'byRules' | 'isDecided'
  >;
  verdict: VerdictCode;
};

/** What waits to be judged. Votes that wait twice are counted twice. */
export type Backlog = { windows: number; votes: number };

/** @property forMs no part of a span is begun after that @property leaves long spans that begin before this moment: `foresee` looks at them */
export type JudgeHow = { forMs?: number; leaves?: number };

export interface VerdictStore {
  /** Is anything waiting? @throws StoreFailure */
  isWaiting(): Promise<boolean>;
  /** Is anything waiting for `judge` that leaves long spans of before a moment, and is there such a span? @throws StoreFailure */
  waiting(before: number): Promise<{ now: boolean; ahead: boolean }>;
  /**
   * Judges some of it, while no vote is stored: what has come late first, then long spans, a window at a time.
   * @throws StoreFailure
   */
  judge(by: Judging, how?: JudgeHow): Promise<Judged>;
  /**
   * What `judge` would find of long spans, as far as they lie before a moment, without writing or holding anything: for a thread of its own.
   * @param pending what was found before and is not adopted yet: it goes on from there @param forMs no part of a span is begun after that
   * @returns null where the rules are others than `by` knows. @throws StoreFailure
   */
  foresee(
    by: Judging,
    pending: readonly Foreseen[],
    how: { before: number; forMs: number },
  ): Promise<Foreseen | null>;
  /** Writes what was found so, all of it or nothing. @returns null where anything that it rests on is no longer so. @throws StoreFailure */
  adopt(foreseen: Foreseen): Promise<Judged | null>;
  /** The first part of a window's span that has votes: some thousand of them; null where there are none. @throws StoreFailure */
  nextPart(windowKey: number, span: PressSpan): Promise<PressSpan | null>;
  /** All of a window in a span, by press time, as they are stored at the moment. @throws StoreFailure */
  presses(windowKey: number, span: PressSpan): Promise<StoredPress[]>;
  /** Null where no such vote is stored: it may be set aside, or be none. @throws StoreFailure; OrgRefusal `origin-unknown` */
  find(vote: VoteIdentity): Promise<FoundVote | null>;
  /** Whose these are, by the keys of journals and systems. @throws StoreFailure */
  journals(keys: readonly number[]): Promise<Map<number, VoteSource>>;
  /** Adds up a rollup for each quarter of an hour that waits: for somebody who has asked, in a process of its own. @throws StoreFailure */
  backlog(): Promise<Backlog>;
}
