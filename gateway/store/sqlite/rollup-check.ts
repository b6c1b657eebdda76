/** What is kept beside the votes, held against them in stretches, between which others may write. */
import type { RollupDifference } from '../check.ts';
import {
  apartDifferences,
  comparedWhere,
  type DifferenceRow,
  differenceOf,
  discountedDifferences,
  type ExclusionTerms,
  excludedDifferences,
  OF_ANYBODY,
  OF_TERMINALS_ALONE,
  rollupDifferences,
} from '../sql/recount-terms.ts';
import type { Connection } from './database.ts';

/** About four seconds of reading: so long at the most does a check keep the WAL from being written back. */
const VOTES_AT_ONCE = 4_000_000;

type Stretch = { from: number; to: number };

const ROLLUPS = rollupDifferences(comparedWhere('source_key BETWEEN @from AND @to'));
const leftOutBy = (terms: ExclusionTerms) =>
  [
    ['excluded', excludedDifferences({ votes: 'votes', excluded: 'excluded' }, terms)],
    ['discounted', discountedDifferences({ votes: 'votes', discounted: 'discounted' }, terms)],
    ['apart', apartDifferences({ votes: 'votes', apart: 'apart' }, terms)],
  ] as const;

/** Every rollup that is not what its votes say; between two steps others may write. */
export function* findRollupDifferences(db: Connection): Generator<RollupDifference[]> {
  const statement = db.prepare(ROLLUPS);
  for (const stretch of stretches(db)) yield (statement.all(stretch) as DifferenceRow[]).map(differenceOf);
}

/**
 * Journals of which what is kept as not counted, or apart, is not what people have excluded, rules discount and channels say. A database that is still to be
 * brought up to date may be from before anything could be.
 */
export function findLeftOutDifferences(db: Connection): Set<number> {
  const found = new Set<number>();
  const knowsSystems = db.prepare(`SELECT 1 FROM pragma_table_info('exclusions') WHERE name = 'origin_key'`);
  for (const [table, differences] of leftOutBy(
    knowsSystems.get() === undefined ? OF_TERMINALS_ALONE : OF_ANYBODY,
  )) {
    if (db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) === undefined) continue;
    for (const { journalKey } of db.prepare(differences).all() as { journalKey: number }[])
      found.add(journalKey);
  }
  return found;
}

/** Journals by key, so that each stretch has about as many votes; the first and the last are open. */
function stretches(db: Connection): Stretch[] {
  const sizes = db
    .prepare(
      `SELECT source_key, sum(satisfied + basically + unsatisfied) FROM rollups GROUP BY source_key ORDER BY source_key`,
    )
    .raw()
    .all() as [number, number][];
  const found: Stretch[] = [];
  let from = Number.MIN_SAFE_INTEGER;
  let votes = 0;
  for (const [key, size] of sizes) {
    votes += size;
    if (votes < VOTES_AT_ONCE) continue;
    found.push({ from, to: key });
    from = key + 1;
    votes = 0;
  }
  return [...found, { from, to: Number.MAX_SAFE_INTEGER }];
}
