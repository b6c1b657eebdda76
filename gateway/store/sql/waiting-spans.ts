/** Spans that wait to be judged, and which part of them is next, in SQL that both databases understand. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { PressSpan } from '../verdicts.ts';
import type { Queries } from './sql-database.ts';

/** In one go: no vote is stored meanwhile. */
export const VOTES_AT_ONCE = 2_000;
const SPANS_AT_ONCE = 200;
/** Of a longer span the first part that has votes is judged, and the rest waits. */
const LONGEST_MS = 6 * 3_600_000;
const QUARTERS_AT_ONCE = 500;

export type Waiting = { key: number; windowKey: number; from: number; to: number };

export const waitingOf = (queries: Queries): Promise<Waiting[]> =>
  queries
    .selectFrom('unjudged')
    .select(['key', 'window_key as windowKey', 'from_at as from', 'to_at as to'])
    .orderBy('key')
    .limit(SPANS_AT_ONCE)
    .execute();

/** As many quarters of an hour that have votes as are judged in one go; null where there are none. */
export async function firstPartOf(
  queries: Queries,
  { windowKey, from, to }: Waiting,
): Promise<PressSpan | null> {
  if (to - from <= LONGEST_MS) return { from, to };
  const { rows } = await sql<{ quarter: number; votes: number }>`
    SELECT quarter, cast(sum(satisfied + basically + unsatisfied) as integer) AS votes FROM rollups
    WHERE window_key = ${windowKey} AND quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}
    GROUP BY quarter ORDER BY quarter LIMIT ${QUARTERS_AT_ONCE}`.execute(queries);
  const [first] = rows;
  if (!first) return null;
  let last = first.quarter;
  let votes = 0;
  for (const row of rows) {
    if (votes > 0 && votes + row.votes > VOTES_AT_ONCE) break;
    votes += row.votes;
    last = row.quarter;
  }
  return {
    from: Math.max(from, first.quarter * QUARTER_MS),
    to: Math.min(to, (last + 1) * QUARTER_MS - 1),
  };
}

/** What waits of it is what is after `judgedTo`. */
export async function settle(queries: Queries, { key, to }: Waiting, judgedTo: number): Promise<void> {
  if (judgedTo >= to) await queries.deleteFrom('unjudged').where('key', '=', key).execute();
  else
    await queries
      .updateTable('unjudged')
      .set({ from_at: judgedTo + 1 })
      .where('key', '=', key)
      .execute();
}
