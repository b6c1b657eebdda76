/** The votes of a window that count, in SQL that both databases understand. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../../domain/calendar.ts';
import type { CountedVote } from '../../alerts.ts';
import { IN_EXCLUSION } from '../ledger-terms.ts';
import type { Queries } from '../sql-database.ts';

/** A rollup names the stretch of its journal that holds its votes; the press time decides. */
export async function countedVotes(
  queries: Queries,
  windowKey: number,
  fromMs: number,
): Promise<CountedVote[]> {
  const { rows } = await sql<{ at: number; receivedAt: number; rating: number }>`
    SELECT v.at, v.received_at AS "receivedAt", v.rating
    FROM rollups r
    JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
      AND v.window_key = r.window_key AND v.at / ${sql.raw(String(QUARTER_MS))} = r.quarter
    WHERE r.window_key = ${windowKey} AND r.quarter >= ${Math.floor(fromMs / QUARTER_MS)}
      AND v.at >= ${fromMs} AND v.verdict = 0 AND NOT ${sql.raw(IN_EXCLUSION)}`.execute(queries);
  return rows.map(({ rating, ...vote }) => ({ ...vote, unsatisfied: rating === 2 }));
}
