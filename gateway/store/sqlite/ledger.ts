/**
 * The ledger in SQLite. A commit itself is one synchronous transaction, the fastest that there is in one process; only the way to
 * the connection is awaited.
 */
import type { JournalStore } from '../journals.ts';
import type { Ledger } from '../ledger.ts';
import type { Exclusive } from './exclusive.ts';
import { inStretches } from './stretches.ts';
import type { LedgerTables, VoteTables } from './tables.ts';

/** Rollups are read a day at a time: of a whole city that is some hundred thousand. */
const READ_AT_ONCE_QUARTERS = 96;

/**
 * @param tables of an open store: the connection stays its own, and so does what becomes of it after a failure
 * @param exclusive what everybody asks who opens a transaction on that connection and awaits something in it
 */
export function createSqliteLedger(
  tables: LedgerTables & Pick<VoteTables, 'quarterFrom' | 'rollupsWithin'>,
  exclusive: Exclusive,
): Ledger {
  return {
    lanes: 1,
    laneOf: () => 0,
    commit: ({ votes, quarantine, ...extras }) => exclusive(() => tables.commit(votes, quarantine, extras)),
    openJournal: (terminalKey, epoch) => exclusive(() => tables.openJournal(terminalKey, epoch)),
    knownNumbers: (journalKey, seqs) =>
      exclusive(() => seqs.map((seq) => tables.knownNumber(journalKey, seq))),
    accountedRanges: (journalKey) => exclusive(() => tables.accountedRanges(journalKey)),
    countStored: (journalKey) => exclusive(() => tables.countStored(journalKey)),
    rollups: (fromMs) =>
      inStretches({ tables, exclusive, fromMs, atOnce: READ_AT_ONCE_QUARTERS, read: tables.rollupsWithin }),
  };
}

export function createJournalStore(tables: LedgerTables, exclusive: Exclusive): JournalStore {
  return {
    journals: () => exclusive(() => tables.journals()),
    journal: (key) => exclusive(() => tables.journal(key)),
    saveAnnouncements: (announcements) => exclusive(() => tables.saveAnnouncements(announcements)),
  };
}
