/** Votes as they are judged, and what they are judged to be, in SQLite: a window at a time, for a statement costs next to nothing. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { VerdictTables } from '../sql/judging.ts';
import { OF_SYSTEM } from '../sql/ledger-terms.ts';
import type { Queries } from '../sql/sql-database.ts';
import { completed, inOrder, isDense, type PressRow, type Stretch } from '../sql/stored-presses.ts';
import { type Part, QUARTERS_AT_ONCE, VOTES_AT_ONCE, type WindowSpan } from '../sql/waiting-spans.ts';

export const storedVerdicts: VerdictTables = {
  readsAhead: false,
  async firstParts(queries, spans) {
    const parts: (Part | null)[] = [];
    for (const span of spans) parts.push(await firstPartOf(queries, span));
    return parts;
  },
  async read(queries, spans) {
    const read: Awaited<ReturnType<VerdictTables['read']>> = [];
    for (const span of spans) {
      const { presses, pressed } = await pressesWithin(queries, span);
      read.push({ votes: await completed(queries, presses), pressed });
    }
    return read;
  },
  async pressed(queries, spans) {
    const counts: number[] = [];
    for (const { windowKey, from, to } of spans) {
      const { rows } = await sql<{ votes: number }>`
        SELECT coalesce(sum(satisfied + basically + unsatisfied), 0) AS votes FROM rollups
        WHERE window_key = ${windowKey} AND quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}`.execute(
        queries,
      );
      counts.push(rows[0]?.votes ?? 0);
    }
    return counts;
  },
  async write(queries, rewrites) {
    const values = rewrites.map(({ journalKey, seq, was, verdict }) => [journalKey, seq, was, verdict]);
    const { rows } = await sql`
      UPDATE votes SET verdict = judged.becomes FROM (
        SELECT value ->> 0 AS source_key, value ->> 1 AS seq, value ->> 2 AS was, value ->> 3 AS becomes
        FROM json_each(${JSON.stringify(values)})) AS judged
      WHERE votes.source_key = judged.source_key AND votes.seq = judged.seq AND votes.verdict = judged.was RETURNING 1`.execute(
      queries,
    );
    return rows.length;
  },
  besideKept: (table) => sql`kept CROSS JOIN ${sql.table(table)} x
    ON x.source_key = kept.source_key AND x.quarter = kept.quarter AND x.window_key = kept.window_key`,
};

type Sum = { first: number | null; last: number; votes: number };

/** Where so many quarters of an hour have too many votes, about as many are looked at as have few enough. */
async function firstPartOf(queries: Queries, { windowKey, from, to }: WindowSpan): Promise<Part | null> {
  for (let atOnce = QUARTERS_AT_ONCE; ; ) {
    const { rows } = await sql<Sum>`
      SELECT min(quarter) AS first, max(quarter) AS last, sum(votes) AS votes FROM (
        SELECT quarter, sum(satisfied + basically + unsatisfied) AS votes FROM rollups
        WHERE window_key = ${windowKey} AND quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}
        GROUP BY quarter ORDER BY quarter LIMIT ${atOnce})`.execute(queries);
    const { first, last, votes } = rows[0] as Sum;
    if (first === null) return null;
    if (votes <= VOTES_AT_ONCE || atOnce === 1)
      return {
        from: Math.max(from, first * QUARTER_MS),
        to: Math.min(to, (last + 1) * QUARTER_MS - 1),
        votes,
      };
    atOnce = Math.max(1, Math.min(atOnce - 1, Math.floor((atOnce * VOTES_AT_ONCE) / votes)));
  }
}

/** A rollup names the stretch of its journal that holds its votes; the press time decides. */
async function pressesWithin(
  queries: Queries,
  span: WindowSpan,
): Promise<{ presses: PressRow[]; pressed: number }> {
  const { windowKey, from, to } = span;
  const within = sql`window_key = ${windowKey}
    AND quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}`;
  const { rows: stretches } = await sql<Stretch>`
    SELECT source_key AS "journalKey", min(first_seq) AS first, max(last_seq) AS last, sum(satisfied + basically + unsatisfied) AS votes
    FROM rollups WHERE ${within} GROUP BY source_key`.execute(queries);
  const presses: PressRow[] = [];
  for (const stretch of stretches) {
    const { journalKey, first, last } = stretch;
    const ofJournal = isDense(stretch)
      ? sql`FROM votes v WHERE v.source_key = ${journalKey} AND v.seq BETWEEN ${first} AND ${last}`
      : sql`
        FROM (SELECT * FROM rollups WHERE ${within} AND source_key = ${journalKey}) r
        CROSS JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
          AND v.at / ${sql.lit(QUARTER_MS)} = r.quarter WHERE true`;
    // Its numbers lie among those of all its windows.
    const ofSystem = sql`FROM votes v WHERE ${sql.raw(OF_SYSTEM)} AND v.source_key = ${journalKey}`;
    const found = journalKey < 0 ? ofSystem : ofJournal;
    const { rows } = await sql<PressRow>`
      SELECT v.source_key AS "journalKey", v.seq, v.channel, v.rating, v.at, v.clock, v.boot_key AS "bootKey", v.mono, v.verdict
      ${found} AND v.window_key = ${windowKey} AND v.at BETWEEN ${from} AND ${to}`.execute(queries);
    for (const row of rows) presses.push(row);
  }
  return {
    presses: presses.sort(inOrder),
    pressed: stretches.reduce((sum, { votes }) => sum + votes, 0),
  };
}
