/** The port to the check of a database: is what is kept beside the votes what they say, and do its numbers hold together? */
import type { By } from './changes.ts';

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
  journalKey: number;
  kept: RollupFigures | null;
  counted: RollupFigures | null;
};

export type CheckReport = {
  schemaVersion: number;
  /** What SQLite says is wrong; empty when nothing is. */
  damage: string[];
  votes: number;
  rollups: {
    /** False when the schema is a newer gateway's, or the database is damaged. */
    checked: boolean;
    differing: number;
    /** Journals whose rollups differ. */
    journalKeys: number[];
    /** The first of them. */
    examples: RollupDifference[];
  };
  durationMs: number;
};

/** Numbers that lead nowhere: of votes, records in quarantine, lost ranges. Nothing puts them right by itself. */
export type NumberFault = { what: string; rows: number };

/** Sums of units that are not what the rollups say; `from`: the first of them, UTC milliseconds. */
export type HistoryReport = { differing: number; from: number | null };

/** `numbers`, `history`: null when the schema is another version's. */
export type FullReport = CheckReport & { numbers: NumberFault[] | null; history: HistoryReport | null };

/** What is folded of `from` on is folded anew, with a line `history.repair` in the audit; until then it is read from the rollups. @throws StoreFailure */
export type RepairHistory = (from: number, by: By) => Promise<void>;

/**
 * Counts the rollups of these journals anew from their votes, with a line `rollups.repair` in the audit.
 * @returns what was not right, and of how many journals what is excluded was not. @throws StoreFailure
 */
export type RepairRollups = (
  journalKeys: readonly number[],
  by: By,
) => Promise<{ differences: RollupDifference[]; leftOut: number }>;

/** For whoever is at the machine; a gateway has its own way of beginning. */
export interface DatabaseCheck {
  /**
   * Only reads, beside gateways that run, and keeps none of their commits waiting for longer than a moment.
   * @param progress is told how much is done, from 0 to 1. @throws StoreFailure
   */
  check(progress: (part: number) => void): Promise<FullReport>;
  close(): Promise<void>;
}
