/**
 * The port to the ledger: votes, their rollups, and which numbers of a journal are accounted for. It has an adapter a database,
 * tuned by hand; everything else that is stored is written once for both.
 */
import type { Counts } from '../../protocol/vote.ts';
import type { Range } from '../domain/seq-ranges.ts';
import type { RatingCode } from '../domain/tally.ts';
import type { JournalIdentity } from './journals.ts';

/** Codes of `Clock`: the position in CLOCKS. */
export type ClockCode = 0 | 1 | 2;

/** Codes of `Channel`: the position in CHANNELS. */
export type ChannelCode = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** Codes of `Verdict`: the position in VERDICTS. */
export type VerdictCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What every vote has, however it came. */
export type VoteBasis = {
  channel: ChannelCode;
  windowKey: number;
  rating: RatingCode;
  /** Press time, UTC milliseconds. */
  at: number;
  receivedAt: number;
  /** By the rules that are in force; left out when it counts. */
  verdict?: VerdictCode;
  /** What the terminal said of when, where `at` is where the gateway has placed it; left out when they are the same. */
  claimedAt?: number;
  /**
   * It falls into a span that a person has excluded, as far as whoever judged it knows: stored, and not counted. What is kept of it is
   * by what people had decided when it was stored.
   */
  excluded?: boolean;
};

/** What a terminal's journal has of it besides: its number there, how good its time is, and the boot and moment of the press. */
export type JournalPart = {
  journalKey: number;
  seq: number;
  clock: ClockCode;
  boot: string;
  mono: number;
};

/** A vote out of a terminal's journal. */
export type VoteRecord = VoteBasis & JournalPart;

/** What the gateway did not accept, kept with its reason. A record with a `seq` accounts for that number of its journal. */
export type QuarantineRecord = {
  receivedAt: number;
  reason: string;
  terminalKey: number | null;
  topic: string;
  journalKey: number | null;
  seq: number | null;
  payload: string;
  /** In the place of what was set aside under the number before, which was no vote. */
  replaces?: true;
};

/** Numbers of a journal that its terminal no longer has. */
export type LostRecord = { journalKey: number; range: Range; at: number };

/** `stored` is new; `duplicate` was there already with the same body; `conflict` was there with another (quarantined). */
export type VoteOutcome = 'stored' | 'duplicate' | 'conflict';

/** A vote whose verdict is another one now. */
export type Corrected = {
  windowKey: number;
  rating: RatingCode;
  at: number;
  from: VerdictCode;
  to: VerdictCode;
  /** A person has excluded it: it is not counted either way. */
  excluded: boolean;
};

export type Committed = {
  /** In the order of the batch's `votes`. */
  outcomes: VoteOutcome[];
  corrected: readonly Corrected[];
};

export type RollupRow = {
  /** Start of the quarter of an hour, UTC milliseconds. */
  quarterStart: number;
  windowKey: number;
  counts: [number, number, number];
  lastAt: number;
};

/** Another verdict of a vote that is stored. What is not stored, or has it already, is left as it is. */
export type Correction = { journalKey: number; seq: number; verdict: VerdictCode };

/** Votes of a window, by press time (both ends included), that are to be judged by what is stored. */
export type Unjudged = { windowKey: number; from: number; to: number };

/** What is to be stored with a vote, by its verdict. */
export type BesideVote = { correct(correction: Correction): void; leave(unjudged: Unjudged): void };

/** What goes into the ledger together, in one transaction. */
export type Batch = {
  votes: readonly VoteRecord[];
  quarantine: readonly QuarantineRecord[];
  /** Numbers that their terminal no longer has. */
  lost: readonly LostRecord[];
  /** Of votes that were stored before, or are in `votes`. */
  corrections: readonly Correction[];
  unjudged: readonly Unjudged[];
  /**
   * `RuleGround.revision` of what its votes were judged by; left out where nothing else can come to hold. Where another one holds by the time of the
   * commit, the votes that it stores are to be judged by what is stored, too.
   */
  judgedBy?: number;
  /** Is the other body of this vote, which is in conflict, to be quarantined? A cloned card may send any number of them. */
  keepsConflict(vote: VoteRecord): boolean;
};

/** What a number of a journal is known as. */
export type KnownNumber = {
  isStored: boolean;
  /** Why a quarantine record accounts for it; null when none does. */
  setAsideReason: string | null;
  /** … and no person has decided on that record yet. */
  isUndecided: boolean;
  /** It is one of the lost that a person has written off. */
  isWrittenOff: boolean;
};

/** What a read answers is as safe as what a commit has stored: an acknowledgement may rest on it. */
export interface Ledger {
  /** How many batches may be committed beside each other, and where one that has this journal in it belongs: 0 to `lanes` - 1. */
  readonly lanes: number;
  laneOf(journalKey: number): number;
  /**
   * All or nothing, with the rollups. What is fulfilled is on the disk, of every machine that has to have it. Several may be under
   * way; those that have a journal in common happen in the order in which they were given.
   * @throws StoreFailure when nothing of it is to be counted on. It may be found stored
   * all the same: given again, a vote is then a `duplicate` that has never been `stored`, so whoever counts reads `rollups` again.
   */
  commit(batch: Batch): Promise<Committed>;
  /** The journal's record, made if it is new. Two that ask at once get the same. */
  openJournal(terminalKey: number, epoch: string): Promise<JournalIdentity>;
  /** In the order of `seqs`. */
  knownNumbers(journalKey: number, seqs: readonly number[]): Promise<KnownNumber[]>;
  /** What is accounted for of one journal: ranges of stored, quarantined and lost numbers, ascending. */
  accountedRanges(journalKey: number): Promise<Range[]>;
  /** What is stored of one journal a rating, counted from its votes. */
  countStored(journalKey: number): Promise<Counts>;
  /** Sums of a quarter and window from `fromMs` on. */
  rollups(fromMs: number): AsyncIterable<RollupRow>;
}
