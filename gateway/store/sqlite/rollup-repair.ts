import type { RollupFigures, Store } from '../store.ts';
import type { Connection } from './database.ts';
import { findExcludedDifferences, recountExcluded } from './review/exclusion-table.ts';
import { recountRollups } from './rollup-check.ts';

const TOLD = 20;

/** A score that changes without a vote is the one thing an auditor must find: what was kept and what was counted is told. */
export function createRollupRepair(
  db: Connection,
  appendAudit: Store['appendAudit'],
): Pick<Store, 'repairRollups'> {
  const votesOf = (figures: RollupFigures | null) =>
    figures === null ? 0 : figures.satisfied + figures.basically + figures.unsatisfied;
  const repair = db.transaction((...[sourceKeys, by]: Parameters<Store['repairRollups']>) => {
    const differences = recountRollups(db, sourceKeys);
    const excluded = findExcludedDifferences(db);
    recountExcluded(db, [...sourceKeys, ...excluded]);
    if (differences.length + excluded.length === 0) return { differences, excluded: 0 };
    const sum = (side: 'kept' | 'counted') =>
      differences.reduce((votes, difference) => votes + votesOf(difference[side]), 0);
    appendAudit({
      ...by,
      action: 'rollups.repair',
      target: 'rollups',
      detail: {
        rows: differences.length,
        journalsWithExcluded: excluded.length,
        votesBefore: sum('kept'),
        votesAfter: sum('counted'),
        differences: differences.slice(0, TOLD),
      },
    });
    return { differences, excluded: excluded.length };
  });
  return { repairRollups: (sourceKeys, by) => repair.immediate(sourceKeys, by) };
}
