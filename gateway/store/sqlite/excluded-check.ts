/** What is kept as excluded, against the votes and what people have excluded of them. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import { IN_EXCLUSION } from '../sql/ledger-terms.ts';
import type { Connection } from './database.ts';

const COUNTED = `
  SELECT v.at / ${QUARTER_MS} AS quarter, v.window_key, v.source_key, sum(v.rating = 0) AS satisfied,
    sum(v.rating = 1) AS basically, sum(v.rating = 2) AS unsatisfied
  FROM votes v
  WHERE v.source_key IN (SELECT s.key FROM sources s JOIN exclusions e ON e.terminal_key = s.terminal_key WHERE e.ended_at IS NULL)
    AND ${IN_EXCLUSION} GROUP BY 1, 2, 3`;

/** Journals of which what is kept as excluded is not what is excluded. */
export function findExcludedDifferences(db: Connection): number[] {
  return db
    .prepare(
      `WITH counted AS MATERIALIZED (${COUNTED})
       SELECT DISTINCT source_key FROM (
         SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM excluded)
         UNION ALL SELECT * FROM (SELECT * FROM excluded EXCEPT SELECT * FROM counted))`,
    )
    .pluck()
    .all() as number[];
}
