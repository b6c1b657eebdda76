/** What is folded is folded anew, from a moment on. */
import { QUARTER_MS } from '../../../domain/calendar.ts';
import type { AuditLine } from '../../changes.ts';
import type { RepairHistory } from '../../check.ts';
import { type AuditDeps, createChanges } from '../changes.ts';
import type { Queries, SqlDatabase } from '../sql-database.ts';

/** It changes what is read, and so it is told: from the next moment on all of it is read from the rollups, and is right. */
export function createHistoryRepair(database: SqlDatabase, audit: AuditDeps): RepairHistory {
  const { change } = createChanges(database, audit, (tx) => ({ unfold: unfoldFrom(tx) }), 'asked');
  return async (from, by) => {
    const detail = { from };
    const line: AuditLine = { by, action: 'history.repair', target: { kind: 'rollups' }, detail };
    await change(async (tx) => {
      await tx.unfold(from);
      return tx.audited(line, undefined);
    });
  };
}

/** In a transaction. @param at UTC milliseconds: what was pressed before it is left as it is */
export const unfoldFrom =
  (queries: Queries) =>
  async (at: number): Promise<void> => {
    const quarter = Math.max(0, Math.floor(at / QUARTER_MS));
    await queries
      .updateTable('history_state')
      .set({ folded_until: quarter })
      .where('folded_until', '>', quarter)
      .execute();
  };
