import type { Connection } from '../database.ts';
import type { LedgerTables, ReviewTables } from '../tables.ts';
import { createExclusionTable } from './exclusion-table.ts';
import { createHeldTable } from './held-table.ts';
import { createImportTable } from './import-table.ts';
import { createJournalTable } from './journal-table.ts';

export function createReviewTable(
  db: Connection,
  journals: Pick<LedgerTables, 'journalsOf' | 'accountedRanges'>,
): ReviewTables {
  const count = db.prepare('UPDATE reviewed SET decisions = decisions + 1');
  const select = db.prepare('SELECT decisions FROM reviewed').pluck();
  const decided = () => void count.run();
  return {
    decisions: () => select.get() as number,
    ...createHeldTable(db, decided),
    ...createExclusionTable(db, decided),
    ...createJournalTable(db, journals, decided),
    ...createImportTable(db, decided),
  };
}
