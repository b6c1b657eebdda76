/**
 * The port to durable storage. Every method is synchronous: a commit returns only after the data is on the disk, which
 * is what lets the broker hold back its PUBACK. Errors of the storage itself are thrown as StoreFailure.
 */
import type { Counts } from '../../protocol/vote.ts';
import type { Known } from '../domain/journal-history.ts';
import type { Terminal } from '../domain/org.ts';
import type { Range } from '../domain/seq-ranges.ts';
import type { RatingCode } from '../domain/tally.ts';
import type { ReviewTables } from './review.ts';

/**
 * `storage-full`, `storage-io`, `storage-busy`, `storage-damaged` or `storage-failed`; `database-…` where that is a server. What the refused call was to write is
 * not to be counted on; after a failure of the disk it may still be found stored once `probe` has opened the store again.
 */
export class StoreFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreFailure';
    this.code = code;
  }
}

/** A refusal of what was asked, e.g. `unit-unknown`, `id-taken`. */
export class OrgRefusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'OrgRefusal';
    this.code = code;
  }
}

/** Codes of `Clock`: the position in CLOCKS. */
export type ClockCode = 0 | 1 | 2;

/** A journal: one epoch of one terminal. */
export type Source = { key: number; terminalKey: number; epoch: string };

export type SourceRecord = Source & {
  /** What is stored of the journal, and the highest number stored, from the rollups. */
  stored: Counts;
  lastSeq: number;
  /** Some of its numbers are noted as lost. */
  hasLost: boolean;
  /** Numbers accounted for by a quarantine record. */
  quarantined: number;
  /** Numbers with a quarantine record that no person has decided on: of these, and other bodies under a stored number. */
  held: number;
  /** Lost numbers that a person has written off, and that have not come after all. */
  writtenOff: number;
  /** The newest that was noted of how many votes the journal has had. */
  known: Known;
  /** Nothing of the journal is older; null when that is not known. */
  floorAt: number | null;
  /** When a person closed it. */
  closedAt: number | null;
  totals: Counts | null;
  announced: number;
};

export type VoteRecord = {
  sourceKey: number;
  seq: number;
  windowKey: number;
  rating: RatingCode;
  /** Press time, UTC milliseconds. */
  at: number;
  clock: ClockCode;
  boot: string;
  mono: number;
  receivedAt: number;
  /** What the terminal said of when, where `at` is where the gateway has placed it; left out when they are the same. */
  claimedAt?: number;
  /** It falls into a span that a person has excluded: stored, and not counted. */
  excluded?: boolean;
};

/** What the gateway did not accept, kept with its reason. A record with a `seq` accounts for that number of its journal. */
export type QuarantineRecord = {
  receivedAt: number;
  reason: string;
  terminalKey: number | null;
  topic: string;
  sourceKey: number | null;
  seq: number | null;
  payload: string;
  /** In the place of what was set aside under the number before, which was no vote. */
  replaces?: true;
};

/** `stored` is new; `duplicate` was there already with the same body; `conflict` was there with another (quarantined). */
export type VoteOutcome = 'stored' | 'duplicate' | 'conflict';

export type RollupRow = {
  /** Start of the quarter of an hour, UTC milliseconds. */
  quarterStart: number;
  windowKey: number;
  counts: [number, number, number];
  lastAt: number;
};

export type RecentVote = { windowKey: number; rating: RatingCode; at: number; sourceKey: number };

export type ExportedVote = {
  terminalId: string;
  epoch: string;
  seq: number;
  windowId: string;
  rating: RatingCode;
  at: number;
  clock: ClockCode;
  receivedAt: number;
  /** What the terminal said of when, where the press was placed at another time; null where `at` is its own word. */
  claimedAt: number | null;
  /** A person has excluded it from the scores. */
  excluded: 0 | 1;
};

export type Announcement = {
  sourceKey: number;
  totals: Counts | null;
  announced: number;
  known: Known;
  floorAt: number | null;
};

/** Numbers of a journal that its terminal no longer has. */
export type LostRecord = { sourceKey: number; range: Range; at: number };

/** What a commit may hold beside votes and quarantine. */
export type CommitExtras = {
  lost?: readonly LostRecord[];
  /** Is the other body of this vote, which is in conflict, to be quarantined? A cloned card may send any number of them. */
  keepsConflict?: (vote: VoteRecord) => boolean;
};

export type RollupFigures = {
  satisfied: number;
  basically: number;
  unsatisfied: number;
  firstSeq: number;
  lastSeq: number;
  lastAt: number;
};

/** A rollup that is not what its votes say; null for one that is not there, or that no vote belongs to. */
export type RollupDifference = {
  /** In quarters of an hour since the epoch. */
  quarter: number;
  windowKey: number;
  sourceKey: number;
  kept: RollupFigures | null;
  counted: RollupFigures | null;
};

export interface Store extends Pick<ReviewTables, 'decisions' | 'exclusions' | 'excludedRollups'> {
  terminals(): (Terminal & { windowKey: number })[];
  /** Changes whenever another process has changed the store. */
  foreignVersion(): number;

  /** Of all terminals, or of one. */
  sources(terminalKey?: number): SourceRecord[];
  /** For votes that come with something else, in its transaction; those of terminals go into the ledger. As there. */
  commit(
    votes: readonly VoteRecord[],
    quarantine: readonly QuarantineRecord[],
    extras?: CommitExtras,
  ): VoteOutcome[];
  /** Votes stored of each terminal in each quarter of an hour since. */
  storedSince(fromMs: number): Iterable<{ terminalKey: number; quarterStart: number; votes: number }>;

  rollups(fromMs: number): Iterable<RollupRow>;
  /** Press time of the latest vote of every window. */
  lastVotes(): { windowKey: number; lastAt: number }[];
  recentVotes(fromMs: number): Iterable<RecentVote>;
  /**
   * The newest by press time, newest first; at most `limit` of them, and none much older than the newest. `lastAt` is when
   * the window's latest vote was pressed.
   */
  newestVotes(windows: readonly { windowKey: number; lastAt: number }[], limit: number): RecentVote[];
  /** Votes pressed in [from, to), of all windows or some, by press time; in pages, so that a slow reader holds no transaction open. */
  exportVotes(fromMs: number, toMs: number, windowKeys: readonly number[] | null): Iterable<ExportedVote[]>;
  /** Newest first. */
  quarantined(limit: number): QuarantineRecord[];

  saveAnnouncements(announcements: readonly Announcement[]): void;
  /**
   * A small durable write; throws StoreFailure while the storage cannot take one. After a failure of the disk the store is
   * `reopened`: what is held in memory of it must then be read again.
   */
  probe(): { reopened: boolean };
  close(): void;
}
