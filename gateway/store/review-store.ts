/** The part of the store's port that keeps what people decide about votes. Every change leaves the rollups right. */
import type { Counts } from '../../protocol/vote.ts';
import type { RatingCode } from '../domain/tally.ts';

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

export type Exclusion = {
  id: string;
  terminalKey: number;
  terminalId: string;
  from: number;
  to: number;
  reason: string;
  madeAt: number;
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

export interface ReviewStore {
  /** Grows with every decision. */
  decisions(): number;

  heldSummary(): HeldSummary[];
  /** Undecided ones, newest first; or those that were decided so. */
  held(filter: HeldFilter & { decision?: 'released' | 'dismissed' }, limit: number): HeldRecord[];
  /**
   * Makes votes of held records: `parse` says what each is, or null when it cannot be a vote.
   * @returns how many are votes now, how many numbers were taken already, how many cannot be a vote.
   */
  release(
    filter: HeldFilter,
    at: number,
    parse: (record: HeldRecord) => ReleasedVote | null,
  ): { released: number; taken: number; unfit: number };
  /** @returns how many. */
  dismiss(filter: HeldFilter, at: number): number;
  /** Takes dismissals back. @returns how many. */
  reconsider(filter: HeldFilter): number;

  exclusions(): Exclusion[];
  /** @returns how many stored votes it concerns now. @throws OrgRefusal `terminal-unknown`. */
  exclude(exclusion: Omit<Exclusion, 'terminalKey' | 'endedAt'>): number;
  /** @throws OrgRefusal `exclusion-unknown`, `exclusion-ended`. */
  endExclusion(id: string, at: number): Exclusion;
  /** Of each quarter and window, excluded votes a rating. */
  excludedRollups(
    fromMs: number,
  ): Iterable<{ quarterStart: number; windowKey: number; counts: [number, number, number] }>;

  /**
   * Sets the press time of a terminal's votes in [from, to): by a shift in milliseconds, or to what the terminal has claimed.
   * @returns how many were changed. @throws OrgRefusal `terminal-unknown`.
   */
  redate(terminalId: string, span: { from: number; to: number }, how: number | 'claimed'): number;

  /**
   * For votes out of a journal's file: the journal's key, begun if it is new, with what the file says that there was. In a transaction
   * with the votes, and with `importEnded`, by which a gateway that runs knows of them.
   */
  openImported(terminalKey: number, epoch: string, told: { last: number; totals: Counts | null }): number;
  importEnded(): void;

  /** Of one terminal. @throws OrgRefusal `terminal-unknown`. */
  journals(terminalId: string): JournalRecord[];
  /** @throws OrgRefusal `journal-unknown`. */
  closeJournal(terminalId: string, epoch: string, at: number | null): void;
  /**
   * Numbers that are lost, and those on their way (up to the highest that the terminal has told), are expected no longer. One
   * that comes all the same is stored. @returns how many. @throws OrgRefusal `journal-unknown`.
   */
  writeOff(terminalId: string, epoch: string, at: number): { lost: number; onItsWay: number };
  /** @returns how many are expected again. @throws OrgRefusal `journal-unknown`. */
  undoWriteOff(terminalId: string, epoch: string): number;
}
