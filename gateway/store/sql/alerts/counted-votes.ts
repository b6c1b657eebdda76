/** The votes of a window that count, in SQL that both databases understand. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../../domain/calendar.ts';
import type { CountedVote } from '../../alerts.ts';
import { IN_EXCLUSION, votesOfRollups } from '../ledger-terms.ts';
import type { Queries } from '../sql-database.ts';

export async function countedVotes(
  queries: Queries,
  windowKey: number,
  fromMs: number,
): Promise<CountedVote[]> {
  const { rows } = await sql<{ at: number; receivedAt: number; rating: number }>`
    SELECT v.at, v.received_at AS "receivedAt", v.rating
    FROM (${sql.raw(votesOfRollups(`r.window_key = ${windowKey} AND r.quarter >= ${Math.floor(fromMs / QUARTER_MS)} AND v.at >= ${fromMs}`))}) v
    WHERE v.verdict = 0 AND NOT ${sql.raw(IN_EXCLUSION)}`.execute(queries);
  return rows.map(({ rating, ...vote }) => ({ ...vote, unsatisfied: rating === 2 }));
}
