/** Rollups against the votes that they count: recounted in SQL, in stretches, and put right in one transaction. */
import { QUARTER_MS } from '../domain/calendar.ts';
import type { Connection } from './database.ts';
import type { RollupDifference, RollupFigures } from './store.ts';

/** About four seconds of reading: so long at the most does a check keep the WAL from being written back. */
const VOTES_AT_ONCE = 4_000_000;

type Stretch = { from: number; to: number };

const RECOUNT = `
  SELECT at / ${QUARTER_MS} AS quarter, window_key, source_key, sum(rating = 0) AS satisfied, sum(rating = 1) AS basically,
    sum(rating = 2) AS unsatisfied, min(seq) AS first_seq, max(seq) AS last_seq, max(at) AS last_at
  FROM votes WHERE source_key BETWEEN @from AND @to GROUP BY 1, 2, 3`;

/** One statement, and so one moment of a database that is being written to. */
const DIFFERENCES = `
  WITH counted AS MATERIALIZED (${RECOUNT}),
    kept AS (SELECT * FROM rollups WHERE source_key BETWEEN @from AND @to)
  SELECT coalesce(c.quarter, k.quarter), coalesce(c.window_key, k.window_key), coalesce(c.source_key, k.source_key),
    k.satisfied, k.basically, k.unsatisfied, k.first_seq, k.last_seq, k.last_at,
    c.satisfied, c.basically, c.unsatisfied, c.first_seq, c.last_seq, c.last_at
  FROM counted c FULL JOIN kept k
    ON k.quarter = c.quarter AND k.window_key = c.window_key AND k.source_key = c.source_key
  WHERE k.quarter IS NULL OR c.quarter IS NULL OR k.satisfied <> c.satisfied OR k.basically <> c.basically
    OR k.unsatisfied <> c.unsatisfied OR k.first_seq <> c.first_seq OR k.last_seq <> c.last_seq OR k.last_at <> c.last_at`;

type Row = (number | null)[];

function differencesIn(db: Connection, stretch: Stretch): RollupDifference[] {
  const rows = db.prepare(DIFFERENCES).raw().all(stretch) as Row[];
  return rows.map((row) => ({
    quarter: row[0] as number,
    windowKey: row[1] as number,
    sourceKey: row[2] as number,
    kept: figures(row.slice(3, 9)),
    counted: figures(row.slice(9)),
  }));
}

function figures(row: Row): RollupFigures | null {
  if (row[0] === null) return null;
  const [satisfied, basically, unsatisfied, firstSeq, lastSeq, lastAt] = row as number[];
  return { satisfied, basically, unsatisfied, firstSeq, lastSeq, lastAt } as RollupFigures;
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
export function recountRollups(db: Connection, sourceKeys: Iterable<number>): RollupDifference[] {
  const remove = db.prepare('DELETE FROM rollups WHERE source_key BETWEEN @from AND @to');
  const insert = db.prepare(`INSERT INTO rollups ${RECOUNT}`);
  const found: RollupDifference[] = [];
  for (const key of new Set(sourceKeys)) {
    const journal = { from: key, to: key };
    const differences = differencesIn(db, journal);
    if (differences.length === 0) continue;
    found.push(...differences);
    remove.run(journal);
    insert.run(journal);
  }
  return found;
}
