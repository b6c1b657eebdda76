/** Rollups against the votes that they count: recounted in SQL, in stretches, and put right in one transaction. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RollupDifference, RollupFigures } from '../check.ts';
import type { Connection } from './database.ts';

/** About four seconds of reading: so long at the most does a check keep the WAL from being written back. */
const VOTES_AT_ONCE = 4_000_000;

type Stretch = { from: number; to: number };

const RECOUNT = `
  SELECT at / ${QUARTER_MS} AS quarter, window_key, source_key, sum(rating = 0) AS satisfied, sum(rating = 1) AS basically,
    sum(rating = 2) AS unsatisfied, min(seq) AS first_seq, max(seq) AS last_seq, max(at) AS last_at
  FROM votes WHERE source_key BETWEEN @from AND @to GROUP BY 1, 2, 3`;

/**
 * One statement, and so one moment of a database that is being written to. EXCEPT sorts and merges; a join would leave it to
 * the planner's luck whether a million rows are compared with a million others one by one.
 */
const DIFFERENCES = `
  WITH counted AS MATERIALIZED (${RECOUNT}),
    kept AS (SELECT * FROM rollups WHERE source_key BETWEEN @from AND @to)
  SELECT 'counted', * FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept)
  UNION ALL SELECT 'kept', * FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted)`;

type Row = [
  side: 'counted' | 'kept',
  quarter: number,
  windowKey: number,
  journalKey: number,
  ...figures: number[],
];

function differencesIn(db: Connection, stretch: Stretch): RollupDifference[] {
  const found = new Map<string, RollupDifference>();
  for (const row of db.prepare(DIFFERENCES).raw().iterate(stretch) as Iterable<Row>) {
    const [
      side,
      quarter,
      windowKey,
      journalKey,
      satisfied,
      basically,
      unsatisfied,
      firstSeq,
      lastSeq,
      lastAt,
    ] = row;
    const name = `${quarter}/${windowKey}/${journalKey}`;
    const difference = found.get(name) ?? { quarter, windowKey, journalKey, kept: null, counted: null };
    difference[side] = { satisfied, basically, unsatisfied, firstSeq, lastSeq, lastAt } as RollupFigures;
    found.set(name, difference);
  }
  return [...found.values()];
}

/** Every rollup that is not what its votes say; between two steps others may write. */
export function* findRollupDifferences(db: Connection): Generator<RollupDifference[]> {
  for (const stretch of stretches(db)) yield differencesIn(db, stretch);
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

/**
 * Counts the rollups of these journals anew. Call it in a transaction: what others have stored since the check is then in
 * it. @returns what was not right.
 */
export function recountRollups(db: Connection, journalKeys: Iterable<number>): RollupDifference[] {
  const remove = db.prepare('DELETE FROM rollups WHERE source_key BETWEEN @from AND @to');
  const insert = db.prepare(`INSERT INTO rollups ${RECOUNT}`);
  const found: RollupDifference[] = [];
  for (const key of new Set(journalKeys)) {
    const journal = { from: key, to: key };
    const differences = differencesIn(db, journal);
    if (differences.length === 0) continue;
    found.push(...differences);
    remove.run(journal);
    insert.run(journal);
  }
  return found;
}
