import type { AuditLine } from '../changes.ts';
import type { RepairRollups, RollupFigures } from '../check.ts';
import { type AuditDeps, createChanges } from '../sql/changes.ts';
import { recountExcluded } from '../sql/review/recount.ts';
import type { SqlDatabase } from '../sql/sql-database.ts';
import type { Connection } from './database.ts';
import { findExcludedDifferences } from './excluded-check.ts';
import { recountRollups } from './rollup-check.ts';

const TOLD = 20;

/**
 * Counts the rollups of these journals anew from their votes, in one transaction with an audit row `rollups.repair`. A score that
 * changes without a vote is the one thing an auditor must find: what was kept and what was counted is told.
 */
export function createRollupRepair(
  database: SqlDatabase,
  audit: AuditDeps,
  connection: () => Connection,
): RepairRollups {
  const { change } = createChanges(database, audit, (queries) => ({
    recountExcluded: (keys: readonly number[]) => recountExcluded(queries, keys),
  }));
  return (journalKeys, by) =>
    change(async (tx) => {
      const db = connection();
      const differences = recountRollups(db, journalKeys);
      const excluded = findExcludedDifferences(db);
      if (differences.length + excluded.length === 0) return tx.unchanged({ differences, excluded: 0 });
      await tx.recountExcluded(excluded);
      const sum = (side: 'kept' | 'counted') =>
        differences.reduce((votes, difference) => votes + votesOf(difference[side]), 0);
      const detail = {
        rows: differences.length,
        journalsWithExcluded: excluded.length,
        votesBefore: sum('kept'),
        votesAfter: sum('counted'),
        differences: differences.slice(0, TOLD),
      };
      const line: AuditLine = { by, action: 'rollups.repair', target: { kind: 'rollups' }, detail };
      return tx.audited(line, { differences, excluded: excluded.length });
    });
}

function votesOf(figures: RollupFigures | null): number {
  return figures === null ? 0 : figures.satisfied + figures.basically + figures.unsatisfied;
}
