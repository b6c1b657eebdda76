/**
 * The ledger in SQLite. A commit itself is one synchronous transaction, the fastest that there is in one process; only the way to
 * the connection is awaited.
 */
import type { Counts } from '../../../protocol/vote.ts';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { Range } from '../../domain/seq-ranges.ts';
import type { KnownNumber, Ledger } from '../ledger.ts';
import type { RollupRow, Source, Store } from '../store.ts';
import type { Exclusive } from './exclusive.ts';

/** What the ledger is made of: each a call on the store's connection of the day. @throws StoreFailure */
export type LedgerTables = Pick<Store, 'commit'> & {
  openSource(terminalKey: number, epoch: string): Source;
  knownNumber(sourceKey: number, seq: number): KnownNumber;
  accountedRanges(sourceKey: number): Range[];
  countStored(sourceKey: number): Counts;
  /** The first quarter of an hour from this one on that has rollups; null when there is none. */
  quarterFrom(quarter: number): number | null;
  /** Of the quarters from `quarter` to before `end`. */
  rollupsWithin(quarter: number, end: number): RollupRow[];
};

/** Rollups are read a day at a time: of a whole city that is some hundred thousand. */
const READ_AT_ONCE_QUARTERS = 96;

/**
 * @param tables of an open store: the connection stays its own, and so does what becomes of it after a failure
 * @param exclusive what everybody asks who opens a transaction on that connection and awaits something in it
 */
export function createSqliteLedger(tables: LedgerTables, exclusive: Exclusive): Ledger {
  return {
    commit: ({ votes, quarantine, lost, keepsConflict }) =>
      exclusive(() => tables.commit(votes, quarantine, { lost, keepsConflict })),
    openJournal: (terminalKey, epoch) => exclusive(() => tables.openSource(terminalKey, epoch)),
    knownNumbers: (sourceKey, seqs) => exclusive(() => seqs.map((seq) => tables.knownNumber(sourceKey, seq))),
    accountedRanges: (sourceKey) => exclusive(() => tables.accountedRanges(sourceKey)),
    countStored: (sourceKey) => exclusive(() => tables.countStored(sourceKey)),
    async *rollups(fromMs) {
      const next = (from: number) => exclusive(() => tables.quarterFrom(from));
      for (
        let quarter = await next(Math.floor(fromMs / QUARTER_MS));
        quarter !== null;
        quarter = await next(quarter + READ_AT_ONCE_QUARTERS)
      ) {
        const from: number = quarter;
        // All of them before the first is given: a statement that is still being read keeps commits from the connection.
        yield* await exclusive(() => tables.rollupsWithin(from, from + READ_AT_ONCE_QUARTERS));
      }
    },
  };
}
