/** Votes as they are judged, and what they are judged to be, in SQLite: a window at a time, for a statement costs next to nothing. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import { OF_SYSTEM } from '../sql/ledger-terms.ts';
import { writeRows } from '../sql/review/rows.ts';
import type { Queries } from '../sql/sql-database.ts';
import { completed, inOrder, isDense, type PressRow, type Stretch } from '../sql/stored-presses.ts';
import type { VerdictTables } from '../sql/verdicts.ts';
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
    for (const span of spans) read.push(await completed(queries, await pressesWithin(queries, span)));
    return read;
  },
  async write(queries, corrections) {
    await writeRows(
      queries,
      corrections.map(({ journalKey, seq, verdict }) => [journalKey, seq, verdict]),
      (values) => sql`
        UPDATE votes SET verdict = judged.column3 FROM (VALUES ${values}) AS judged
        WHERE votes.source_key = judged.column1 AND votes.seq = judged.column2`,
    );
  },
  besideKept: (table) => sql`kept CROSS JOIN ${sql.table(table)} x
    ON x.source_key = kept.source_key AND x.quarter = kept.quarter AND x.window_key = kept.window_key`,
};

async function firstPartOf(queries: Queries, { windowKey, from, to }: WindowSpan): Promise<Part | null> {
  const { rows } = await sql<{ quarter: number; votes: number }>`
    SELECT quarter, sum(satisfied + basically + unsatisfied) AS votes FROM rollups
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
    votes,
  };
}

/** A rollup names the stretch of its journal that holds its votes; the press time decides. */
async function pressesWithin(queries: Queries, span: WindowSpan): Promise<PressRow[]> {
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
  return presses.sort(inOrder);
}
