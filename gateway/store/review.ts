/** The port to what people decide about votes. Every change leaves the rollups right. */
import type { Counts } from '../../protocol/vote.ts';
import type { ExcludedKeys } from '../domain/exclusions.ts';
import type { RatingCode } from '../domain/tally.ts';
import type { Changes } from './changes.ts';
import type { ChannelCode, VoteRecord } from './ledger.ts';
import type { Origin } from './origins.ts';

/** Held for review: a vote, or what was to be one, that came and is not counted until a person has decided. */
export type HeldRecord = {
  key: number;
  receivedAt: number;
  reason: string;
  terminalId: string;
  epoch: string;
  seq: number;
  payload: string;
  decision: 'released' | 'dismissed' | null;
};

export type HeldSummary = {
  terminalId: string;
  reason: string;
  count: number;
  firstAt: number;
  lastAt: number;
};

/** Which held records are meant; what is left out does not narrow. Times are of receipt, `to` exclusive. */
export type HeldFilter = { terminalId?: string; reason?: string; from?: number; to?: number };

/** How a vote reads that was held: what `parse` makes of its payload. */
export type ReleasedVote = {
  channel: ChannelCode;
  rating: RatingCode;
  at: number;
  /** When the terminal said, if that is another time. */
  claimedAt: number | null;
  clock: 0 | 1 | 2;
  boot: string;
  mono: number;
  /** Where the terminal stood; null for where it stands now. */
  windowKey: number | null;
};

/** So many windows are told of one by one. */
export const MOST_CONCERNED = 64;

/** Whose votes: a terminal's; a system's, everywhere or at a window; or all that came at a window. */
export type Excluded = { terminalId?: string; origin?: Origin; windowId?: string };

export type Exclusion = ExcludedKeys & {
  id: string;
  /** Null where it is not about one. */
  terminalId: string | null;
  origin: string | null;
  /** That the system is bound to; null of the whole city, or where it is about none. */
  originUnit: string | null;
  windowId: string | null;
  from: number;
  to: number;
  reason: string;
  madeAt: number;
  /** As `writeActor` has it: it is shown, and nothing is decided by it. */
  madeBy: string;
  endedAt: number | null;
};

export type JournalRecord = {
  terminalId: string;
  epoch: string;
  stored: Counts;
  lastSeq: number;
  announced: number;
  quarantined: number;
  held: number;
  lost: number;
  writtenOff: number;
  knownAt: number | null;
  closedAt: number | null;
};

export interface ReviewReads {
  heldSummary(): Promise<HeldSummary[]>;
  /** Undecided ones, newest first; or those that were decided so. */
  held(filter: HeldFilter & { decision?: 'released' | 'dismissed' }, limit: number): Promise<HeldRecord[]>;
  exclusions(): Promise<Exclusion[]>;
  /**
   * A span in neighbouring parts, of which each is soon written. @param rollups at most so many a part, but for those of one quarter of
   * an hour. @throws OrgRefusal `terminal-unknown`, `origin-unknown`, `window-unknown`.
   */
  exclusionParts(
    which: Excluded,
    span: { from: number; to: number },
    rollups: number,
  ): Promise<{ from: number; to: number }[]>;
  /** Of one terminal. @throws OrgRefusal `terminal-unknown`. */
  journals(terminalId: string): Promise<JournalRecord[]>;
}

export interface ReviewTx extends ReviewReads {
  /**
   * Windows of which stored votes count otherwise, or were pressed at another time, by what this change has done so far: their ids, for its line
   * in the audit (`DecidedLine`). Null where they are more than MOST_CONCERNED.
   */
  concerned(): Promise<string[] | null>;
  /**
   * Makes votes of held records: `parse` says what each is, or null when it cannot be a vote.
   * @returns how many are votes now, how many numbers were taken already, how many cannot be a vote.
   */
  release(
    filter: HeldFilter,
    at: number,
    parse: (record: HeldRecord) => ReleasedVote | null,
  ): Promise<{ released: number; taken: number; unfit: number }>;
  /** @returns how many. */
  dismiss(filter: HeldFilter, at: number): Promise<number>;
  /** Takes dismissals back. @returns how many. */
  reconsider(filter: HeldFilter): Promise<number>;

  /** @returns how many stored votes it concerns now. @throws OrgRefusal `terminal-unknown`, `origin-unknown`, `window-unknown`. */
  exclude(
    exclusion: Excluded & Pick<Exclusion, 'id' | 'from' | 'to' | 'reason' | 'madeAt' | 'madeBy'>,
  ): Promise<number>;
  /** It ends then instead, where it becomes so. @returns how many stored votes lie between. @throws OrgRefusal `exclusion-unknown`, `exclusion-ended`. */
  resizeExclusion(id: string, to: number, how: 'longer' | 'shorter'): Promise<number>;
  /** @param to where it had ended before it was taken back in parts. @throws OrgRefusal `exclusion-unknown`, `exclusion-ended`. */
  endExclusion(id: string, at: number, to?: number): Promise<Exclusion>;

  /**
   * Sets the press time of a terminal's votes in [from, to): by a shift in milliseconds, or to what the terminal has claimed.
   * @returns how many were changed. @throws OrgRefusal `terminal-unknown`.
   */
  redate(terminalId: string, span: { from: number; to: number }, how: number | 'claimed'): Promise<number>;

  /** @throws OrgRefusal `journal-unknown`. */
  closeJournal(terminalId: string, epoch: string, at: number | null): Promise<void>;
  /**
   * Numbers that are lost, and those on their way (up to the highest that the terminal has told), are expected no longer. One
   * that comes all the same is stored. @returns how many. @throws OrgRefusal `journal-unknown`.
   */
  writeOff(terminalId: string, epoch: string, at: number): Promise<{ lost: number; onItsWay: number }>;
  /** @returns how many are expected again. @throws OrgRefusal `journal-unknown`. */
  undoWriteOff(terminalId: string, epoch: string): Promise<number>;
}

/** A journal's file, as far as it says how many votes there were. */
export type ImportedJournal = { terminalKey: number; epoch: string; last: number; totals: Counts | null };
export type ImportedVote = Omit<VoteRecord, 'journalKey'>;
export type ImportedCounts = { stored: number; duplicates: number; conflicts: number; held: number };

export interface ReviewStore extends ReviewReads, Changes<ReviewTx> {
  /**
   * Stores votes out of a journal's file under the identity that they have there, in one transaction; the journal is begun if it
   * is new, and a gateway that runs knows of it. What waits in quarantine stays there. The audit has its line before.
   * @param isDry says what would be stored, and stores nothing
   */
  storeImported(
    journal: ImportedJournal,
    votes: readonly ImportedVote[],
    isDry: boolean,
  ): Promise<ImportedCounts>;
}
