/** What is kept beside the votes of some journals, counted anew where it is not what they say. */
import { sql } from 'kysely';
import type { AuditLine } from '../changes.ts';
import type { RepairRollups, RollupDifference, RollupFigures } from '../check.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import {
  apartDifferences,
  comparedOf,
  type DifferenceRow,
  differenceOf,
  discountedDifferences,
  excludedDifferences,
  rollupDifferences,
} from './recount-terms.ts';
import { decidedOn } from './review/decided.ts';
import { recountLeftOut, recountRollups } from './review/recount.ts';
import { chunksOf } from './review/rows.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

const TOLD = 20;
/** So many are counted in one transaction, while no vote is stored: a moment. A journal is counted in one piece. */
const VOTES_AT_ONCE = 20_000;

/**
 * A score that changes without a vote is the one thing an auditor must find: what was kept and what was counted is told in the
 * audit, in the same transaction. Gateways read again, as after a decision.
 */
export function createRollupRepair(database: SqlDatabase, audit: AuditDeps): RepairRollups {
  const { change } = createChanges(
    database,
    audit,
    (queries) => ({
      hold: () => database.holdVotes(queries),
      differences: (keys: readonly number[]) => readDifferences(queries, keys),
      recount: (rollups: readonly number[], leftOut: readonly number[]) =>
        decidedOn(
          database,
          queries,
        )(async () => {
          await recountRollups(queries, rollups);
          await recountLeftOut(queries, leftOut);
        }),
    }),
    'asked',
  );
  const repairSome: RepairRollups = (journalKeys, by) =>
    change(async (tx) => {
      await tx.hold();
      const { rollups, leftOut } = await tx.differences(journalKeys);
      if (rollups.length + leftOut.length === 0) return tx.unchanged({ differences: [], leftOut: 0 });
      await tx.recount([...new Set(rollups.map(({ journalKey }) => journalKey))], leftOut);
      const sum = (side: 'kept' | 'counted') =>
        rollups.reduce((votes, difference) => votes + votesOf(difference[side]), 0);
      const detail = {
        rows: rollups.length,
        journalsWithLeftOut: leftOut.length,
        votesBefore: sum('kept'),
        votesAfter: sum('counted'),
        differences: rollups.slice(0, TOLD),
      };
      const line: AuditLine = { by, action: 'rollups.repair', target: { kind: 'rollups' }, detail };
      return tx.audited(line, { differences: rollups, leftOut: leftOut.length });
    });
  return async (journalKeys, by) => {
    const repaired: Awaited<ReturnType<RepairRollups>> = { differences: [], leftOut: 0 };
    for (const keys of await turnsOf(database.queries, journalKeys)) {
      const { differences, leftOut } = await repairSome(keys, by);
      for (const difference of differences) repaired.differences.push(difference);
      repaired.leftOut += leftOut;
    }
    return repaired;
  };
}

/** `leftOut`: journals of which what is kept as not counted, or apart, is not what people, rules and channels say. */
export type Differences = { rollups: RollupDifference[]; leftOut: number[] };

/** Of these journals, as they are now. */
export async function readDifferences(
  queries: Queries,
  journalKeys: readonly number[],
): Promise<Differences> {
  const found: Differences = { rollups: [], leftOut: [] };
  const leftOut = new Set<number>();
  for (const keys of chunksOf(journalKeys)) {
    const compared = comparedOf(keys);
    const rollups = await sql.raw<DifferenceRow>(rollupDifferences(compared)).execute(queries);
    for (const row of rollups.rows) found.rollups.push(differenceOf(row));
    for (const differences of [
      excludedDifferences(compared),
      discountedDifferences(compared),
      apartDifferences(compared),
    ]) {
      const { rows } = await sql.raw<{ journalKey: number }>(differences).execute(queries);
      for (const { journalKey } of rows) leftOut.add(journalKey);
    }
  }
  found.leftOut.push(...leftOut);
  return found;
}

/** Journals that are counted together: those with many votes each by itself. */
export async function turnsOf(queries: Queries, journalKeys: readonly number[]): Promise<number[][]> {
  const turns: number[][] = [];
  let left = 0;
  for (const keys of chunksOf([...new Set(journalKeys)].sort((a, b) => a - b))) {
    const rows = await queries
      .selectFrom('votes')
      .where('source_key', 'in', keys)
      .groupBy('source_key')
      .select(({ fn }) => ['source_key as key', fn.countAll<number>().as('votes')])
      .execute();
    const sizes = new Map(rows.map(({ key, votes }) => [key, Number(votes)]));
    for (const key of keys) {
      const votes = sizes.get(key) ?? 0;
      if (votes > left || turns.length === 0) {
        turns.push([]);
        left = VOTES_AT_ONCE;
      }
      turns.at(-1)?.push(key);
      left -= votes;
    }
  }
  return turns;
}

function votesOf(figures: RollupFigures | null): number {
  return figures === null ? 0 : figures.satisfied + figures.basically + figures.unsatisfied;
}
