/** What people decide about votes, on SQLite: the ledger's own statements, in a change that the audit tells of. */
import type { ImportedCounts, ReviewReads, ReviewStore, ReviewTx } from '../../review.ts';
import { type AuditDeps, createChanges } from '../../sql/changes.ts';
import type { SqlDatabase } from '../../sql/sql-database.ts';
import type { LedgerTables, ReviewTables } from '../tables.ts';

/** @param tables each call on the connection of the day, in the transaction that is open */
export function createReviewStore(
  database: SqlDatabase,
  audit: AuditDeps,
  tables: ReviewTables & Pick<LedgerTables, 'commit' | 'knownNumber'>,
): ReviewStore {
  const importVotes = (...[journal, votes]: Parameters<ReviewStore['storeImported']>): ImportedCounts => {
    const sourceKey = tables.openImported(journal.terminalKey, journal.epoch, journal);
    const records = votes
      .filter(({ seq }) => tables.knownNumber(sourceKey, seq).setAsideReason === null)
      .map((vote) => ({ ...vote, sourceKey }));
    const counts = { stored: 0, duplicates: 0, conflicts: 0, held: votes.length - records.length };
    for (const outcome of tables.commit(records, [])) {
      if (outcome === 'stored') counts.stored += 1;
      else if (outcome === 'duplicate') counts.duplicates += 1;
      else counts.conflicts += 1;
    }
    tables.importEnded();
    return counts;
  };
  return {
    ...reviewReads(tables, database),
    ...createChanges(database, audit, () => reviewTx(tables)),
    async storeImported(journal, votes, isDry) {
      let counts: ImportedCounts | null = null;
      try {
        return await database.transaction(async () => {
          counts = importVotes(journal, votes, isDry);
          if (isDry) throw new Undone();
          return counts;
        });
      } catch (error) {
        if (error instanceof Undone && counts) return counts;
        throw error;
      }
    },
  };
}

/** What a dry run ends its transaction with. */
class Undone extends Error {}

const later =
  <A extends unknown[], R>(call: (...args: A) => R) =>
  async (...args: A): Promise<R> =>
    call(...args);

/** Outside a change: in a transaction of their own, so that nothing half written is read. */
function reviewReads(tables: ReviewTables, database: SqlDatabase): ReviewReads {
  const alone =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): Promise<R> =>
      database.read(() => call(...args));
  return {
    heldSummary: alone(tables.heldSummary),
    held: alone(tables.held),
    exclusions: alone(tables.exclusions),
    journals: alone(tables.journals),
  };
}

export function reviewTx(tables: ReviewTables): ReviewTx {
  return {
    heldSummary: later(tables.heldSummary),
    held: later(tables.held),
    exclusions: later(tables.exclusions),
    journals: later(tables.journals),
    release: later(tables.release),
    dismiss: later(tables.dismiss),
    reconsider: later(tables.reconsider),
    exclude: later(tables.exclude),
    endExclusion: later(tables.endExclusion),
    redate: later(tables.redate),
    closeJournal: later(tables.closeJournal),
    writeOff: later(tables.writeOff),
    undoWriteOff: later(tables.undoWriteOff),
  };
}
