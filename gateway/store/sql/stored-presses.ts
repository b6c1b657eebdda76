/** Votes of a window as they are judged, in SQL that both databases understand. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { PressSpan, StoredPress } from '../verdicts.ts';
import { IN_EXCLUSION } from './ledger-terms.ts';
import type { Queries } from './sql-database.ts';

export type Found = Omit<StoredPress, 'isPlaced'> & { isPlaced: 0 | 1; isExcluded: 0 | 1 };

/** A rollup names the stretch of its journal that holds its votes; the press time decides. */
export async function pressesWithin(
  queries: Queries,
  windowKey: number,
  { from, to }: PressSpan,
): Promise<Found[]> {
  const { rows } = await sql<Found>`
    SELECT v.source_key AS "journalKey", s.terminal_key AS "terminalKey", v.seq, v.channel, v.rating, v.at, v.clock,
      CASE WHEN d.seq IS NULL THEN 0 ELSE 1 END AS "isPlaced", b.boot, v.mono, v.verdict,
      CASE WHEN ${sql.raw(IN_EXCLUSION)} THEN 1 ELSE 0 END AS "isExcluded"
    FROM rollups r
    JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
      AND v.window_key = r.window_key AND v.at / ${sql.raw(String(QUARTER_MS))} = r.quarter
    JOIN sources s ON s.key = v.source_key JOIN boots b ON b.key = v.boot_key
    LEFT JOIN datings d ON d.source_key = v.source_key AND d.seq = v.seq
    WHERE r.window_key = ${windowKey}
      AND r.quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}
      AND v.at BETWEEN ${from} AND ${to}
    ORDER BY v.at, v.source_key, v.seq`.execute(queries);
  return rows;
}
