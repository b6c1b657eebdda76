/** What the ports over the ledger's tables are made of: each a call on the store's connection of the day. @throws StoreFailure */
import type { Counts } from '../../../protocol/vote.ts';
import type { Range } from '../../domain/seq-ranges.ts';
import type { Announcement, JournalIdentity, KeptJournal } from '../journals.ts';
import type {
  Committed,
  Correction,
  KnownNumber,
  LostRecord,
  QuarantineRecord,
  RollupRow,
  Unjudged,
  VoteRecord,
} from '../ledger.ts';
import type { CommittedOrigin, Origin, OriginVote } from '../origins.ts';
import type { DiscountedRow, ExcludedRow, MinuteRow, RecentVote, SetAside } from '../votes.ts';

/** What a commit may hold beside votes and quarantine. */
export type CommitExtras = {
  lost?: readonly LostRecord[];
  /** Is the other body of this vote, which is in conflict, to be quarantined? */
  corrections?: readonly Correction[];
  unjudged?: readonly Unjudged[];
  /** See `Batch`. */
  judgedBy?: number | undefined;
  keepsConflict?: (vote: VoteRecord) => boolean;
  /** Votes that are only known within the transaction, after the others. */
  more?: () => readonly VoteRecord[];
};

/** Quarters of an hour since the epoch: from the first one on, and before `end`. */
export type Quarters = { quarter: number; end: number };

export type LedgerTables = {
  /** In a transaction of its own, or within the one that is open. */
  commit(
    votes: readonly VoteRecord[],
    quarantine: readonly QuarantineRecord[],
    extras?: CommitExtras,
  ): Committed;
  openJournal(terminalKey: number, epoch: string): JournalIdentity;
  knownNumber(journalKey: number, seq: number): KnownNumber;
  accountedRanges(journalKey: number): Range[];
  countStored(journalKey: number): Counts;
  journals(): KeptJournal[];
  journal(key: number): KeptJournal | undefined;
  saveAnnouncements(announcements: readonly Announcement[]): void;
};

export type VoteTables = {
  /** The first quarter of an hour from this one on that has rollups; null when there is none. */
  quarterFrom(quarter: number): number | null;
  rollupsWithin(quarters: Quarters): RollupRow[];
  excludedWithin(quarters: Quarters): ExcludedRow[];
  discountedWithin(quarters: Quarters): DiscountedRow[];
  minutesWithin(quarters: Quarters, fromMs: number): MinuteRow[];
  storedWithin(quarters: Quarters): { terminalKey: number; quarterStart: number; votes: number }[];
  lastVotes(): { windowKey: number; lastAt: number }[];
  newestVotes(windows: readonly { windowKey: number; lastAt: number }[], limit: number): RecentVote[];
  setAside(limit: number): SetAside[];
};

export type OriginTables = {
  openOrigin(origin: Origin): number;
  commitOrigin(originKey: number, votes: readonly OriginVote[], judgedBy?: number): CommittedOrigin;
};

export type DecisionTables = {
  /** Grows with every decision. */
  decisions(): number;
};

/** Each within the transaction that is open. */
export type ImportTables = {
  openImported(terminalKey: number, epoch: string, told: { last: number; totals: Counts | null }): number;
  importEnded(): void;
};
