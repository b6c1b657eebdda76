/** Votes as they are judged, and what they are judged to be, in SQLite. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import { writeRows } from '../sql/review/rows.ts';
import { completed, type PressRow } from '../sql/stored-presses.ts';
import type { VerdictTables } from '../sql/verdicts.ts';

export const storedVerdicts: VerdictTables = {
  /** A rollup names the stretch of its journal that holds its votes; the press time decides. */
  async read(queries, windowKey, { from, to }) {
    const { rows } = await sql<PressRow>`
      SELECT v.source_key AS "journalKey", v.seq, v.channel, v.rating, v.at, v.clock, v.boot_key AS "bootKey", v.mono, v.verdict
      FROM rollups r
      CROSS JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
        AND v.window_key = r.window_key AND v.at / ${sql.lit(QUARTER_MS)} = r.quarter
      WHERE r.window_key = ${windowKey}
        AND r.quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}
        AND v.at BETWEEN ${from} AND ${to}
      ORDER BY v.at, v.source_key, v.seq`.execute(queries);
    return completed(queries, rows);
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
};
