/** Votes that come from a journal's file and not from its terminal: written beside a gateway that runs. */
import type { ImportedCounts, ReviewStore } from '../review.ts';
import type { SqlDatabase } from '../sql/sql-database.ts';
import { unjudgedOf } from '../sql/unjudged.ts';
import type { Connection } from './database.ts';
import { IMPORTED_FROM } from './kept-journals.ts';
import type { DecisionTables, ImportTables, LedgerTables } from './tables.ts';

export function createImportTables(db: Connection): ImportTables & DecisionTables {
  const selectKey = db.prepare('SELECT key FROM sources WHERE terminal_key = ? AND epoch = ?').pluck();
  const nextKey = db
    .prepare(
      `SELECT max(${IMPORTED_FROM}, coalesce(max(key) + 1, 0)) FROM sources WHERE key >= ${IMPORTED_FROM}`,
    )
    .pluck();
  const insert = db.prepare('INSERT INTO sources (key, terminal_key, epoch) VALUES (?, ?, ?)');
  const decided = db.prepare('UPDATE reviewed SET decisions = decisions + 1');
  const selectDecisions = db.prepare('SELECT decisions FROM reviewed').pluck();
  // The same evidence as a terminal's own word: it only grows.
  const tell = db.prepare(`
    UPDATE sources SET announced = max(announced, @last),
      total_satisfied = iif(@sum > told, @satisfied, total_satisfied),
      total_basically = iif(@sum > told, @basically, total_basically),
      total_unsatisfied = iif(@sum > told, @unsatisfied, total_unsatisfied)
    FROM (SELECT key AS k, coalesce(total_satisfied + total_basically + total_unsatisfied, -1) AS told FROM sources)
    WHERE k = key AND key = @key`);
  return {
    openImported(terminalKey, epoch, { last, totals }) {
      const known = selectKey.get(terminalKey, epoch) as number | undefined;
      const key = known ?? (nextKey.get() as number);
      if (known === undefined) insert.run(key, terminalKey, epoch);
      const sum = totals ? totals.satisfied + totals.basically + totals.unsatisfied : -1;
      tell.run({ key, last, sum, satisfied: 0, basically: 0, unsatisfied: 0, ...totals });
      return key;
    },
    importEnded: () => void decided.run(),
    decisions: () => selectDecisions.get() as number,
  };
}

/** @param tables each call on the connection of the day, in the transaction that is open */
export function createImports(
  database: SqlDatabase,
  tables: ImportTables & Pick<LedgerTables, 'commit' | 'knownNumber'>,
): Pick<ReviewStore, 'storeImported'> {
  const importVotes = (...[journal, votes]: Parameters<ReviewStore['storeImported']>): ImportedCounts => {
    const journalKey = tables.openImported(journal.terminalKey, journal.epoch, journal);
    const records = votes
      .filter(({ seq }) => tables.knownNumber(journalKey, seq).setAsideReason === null)
      .map((vote) => ({ ...vote, journalKey }));
    const counts = { stored: 0, duplicates: 0, conflicts: 0, held: votes.length - records.length };
    for (const outcome of tables.commit(records, [], { unjudged: unjudgedOf(records) }).outcomes) {
      if (outcome === 'stored') counts.stored += 1;
      else if (outcome === 'duplicate') counts.duplicates += 1;
      else counts.conflicts += 1;
    }
    tables.importEnded();
    return counts;
  };
  return {
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
