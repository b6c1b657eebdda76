/**
 * The port to durable storage. Every method is synchronous: a commit returns only after the data is on the disk, which
 * is what lets the broker hold back its PUBACK. Errors of the storage itself are thrown as StoreFailure.
 */
import type { Counts } from '../../protocol/vote.ts';
import type { ServiceWindow, Terminal, Unit } from '../domain/org.ts';
import type { Range } from '../domain/seq-ranges.ts';
import type { RatingCode } from '../domain/tally.ts';
import type { PeopleStore } from './people-store.ts';

/** `storage-full`, `storage-io`, `storage-busy` or `storage-failed`; nothing of the refused call was kept. */
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

export type RecentVote = { windowKey: number; rating: RatingCode; at: number };

export type ExportedVote = {
  terminalId: string;
  epoch: string;
  seq: number;
  windowId: string;
  rating: RatingCode;
  at: number;
  clock: ClockCode;
  receivedAt: number;
};

export type Announcement = { sourceKey: number; totals: Counts | null; announced: number };

/** Numbers of a journal that its terminal no longer has. */
export type LostRecord = { sourceKey: number; range: Range; at: number };

/** What a commit may hold beside votes and quarantine. */
export type CommitExtras = {
  lost?: readonly LostRecord[];
  /** Is the other body of this vote, which is in conflict, to be quarantined? A cloned card may send any number of them. */
  keepsConflict?: (vote: VoteRecord) => boolean;
};

/**
 * Who did what to which thing, from where. `actor` is `account:NAME`, `link:ID`, `terminal:ID`, `cli:USER` or `gateway`; `origin` an
 * address or `local`; `action` a word like `session.open` or `terminal.add`; `target` like `terminal:ID`. `detail` never
 * holds a secret.
 */
export type AuditEntry = {
  at: number;
  actor: string;
  origin: string;
  action: string;
  target: string;
  detail: Record<string, unknown>;
};
export type AuditRow = AuditEntry & { seq: number; hash: string };

export interface Store extends PeopleStore {
  units(): Unit[];
  windows(): ServiceWindow[];
  terminals(): (Terminal & { secretHash: Buffer; lastSeenAt: number | null })[];
  addUnit(unit: { id: string; parentId: string | null; name: string }): void;
  addWindow(serviceWindow: { id: string; unitId: string; name: string }): void;
  addTerminal(terminal: { id: string; windowId: string; secretHash: Buffer }): void;
  /** Changes whenever another process has changed the store. */
  foreignVersion(): number;

  sources(): SourceRecord[];
  /** The journal's record, made if it is new. */
  openSource(terminalKey: number, epoch: string): Source;
  /** What is accounted for of one journal: ranges of stored, quarantined and lost numbers, ascending. */
  accountedRanges(sourceKey: number): Range[];

  /** All or nothing, in one transaction with the rollups. Outcomes in the order of `votes`. */
  commit(
    votes: readonly VoteRecord[],
    quarantine: readonly QuarantineRecord[],
    extras?: CommitExtras,
  ): VoteOutcome[];
  /** Is the number accounted for by a quarantine record? */
  isSetAside(sourceKey: number, seq: number): boolean;

  rollups(fromMs: number): Iterable<RollupRow>;
  /** Press time of the latest vote of every window. */
  lastVotes(): { windowKey: number; lastAt: number }[];
  recentVotes(fromMs: number): Iterable<RecentVote>;
  /** Votes pressed in [from, to), of all windows or some, by press time; in pages, so that a slow reader holds no transaction open. */
  exportVotes(fromMs: number, toMs: number, windowKeys: readonly number[] | null): Iterable<ExportedVote[]>;
  /** Newest first. */
  quarantined(limit: number): QuarantineRecord[];

  saveAnnouncements(announcements: readonly Announcement[]): void;
  saveSeen(seen: readonly { terminalKey: number; at: number }[]): void;
  /** On the disk when it returns. What cannot be audited must not be done: do it in this order. */
  appendAudit(entry: AuditEntry): void;
  /** Newest first. */
  auditEntries(page: { before?: number; limit: number }): AuditRow[];
  /** A small durable write; throws StoreFailure while the storage cannot take one. */
  probe(): void;
  close(): void;
}
