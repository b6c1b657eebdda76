/** Votes as they are judged, and what they are judged to be, in PostgreSQL: in columns, because a row of ten numbers costs the driver more than to judge it. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RatingCode } from '../../domain/tally.ts';
import type { ChannelCode, ClockCode, VerdictCode } from '../ledger.ts';
import { completed, type PressRow } from '../sql/stored-presses.ts';
import type { VerdictTables } from '../sql/verdicts.ts';
import { arrayOf } from './numbers.ts';

const COLUMNS = ['seq', 'channel', 'rating', 'at', 'clock', 'boot_key', 'mono', 'verdict'] as const;
type Columns = Record<(typeof COLUMNS)[number], string> & { journalKey: number };

export const storedVerdicts: VerdictTables = {
  /** A rollup names the stretch of its journal that holds its votes; the press time decides. */
  async read(queries, windowKey, { from, to }) {
    const columns = COLUMNS.map(
      (column) => sql`cast(array_agg(v.${sql.ref(column)}) as text) AS ${sql.ref(column)}`,
    );
    const { rows } = await sql<Columns>`
      SELECT v.source_key AS "journalKey", ${sql.join(columns)}
      FROM rollups r
      JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
        AND v.window_key = r.window_key AND v.at / ${sql.lit(QUARTER_MS)} = r.quarter
      WHERE r.window_key = ${windowKey}
        AND r.quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}
        AND v.at BETWEEN ${from} AND ${to}
      GROUP BY v.source_key`.execute(queries);
    const presses = rows.flatMap(rowsOf);
    presses.sort((a, b) => a.at - b.at || a.journalKey - b.journalKey || a.seq - b.seq);
    return completed(queries, presses);
  },
  async write(queries, corrections) {
    const arrays = [
      arrayOf(corrections.map(({ journalKey }) => journalKey)),
      arrayOf(corrections.map(({ seq }) => seq)),
      arrayOf(corrections.map(({ verdict }) => verdict)),
    ] as const;
    await sql`
      UPDATE votes SET verdict = judged.verdict
      FROM unnest(cast(${arrays[0]} as int4[]), cast(${arrays[1]} as int4[]), cast(${arrays[2]} as int2[])) AS judged (source_key, seq, verdict)
      WHERE votes.source_key = judged.source_key AND votes.seq = judged.seq`.execute(queries);
  },
};

function rowsOf({ journalKey, ...columns }: Columns): PressRow[] {
  const [seqs, channels, ratings, times, clocks, bootKeys, monos, verdicts] = COLUMNS.map((column) =>
    columns[column].slice(1, -1).split(',').map(Number),
  ) as [number[], number[], number[], number[], number[], number[], number[], number[]];
  return seqs.map((seq, index) => ({
    journalKey,
    seq,
    channel: channels[index] as ChannelCode,
    rating: ratings[index] as RatingCode,
    at: times[index] as number,
    clock: clocks[index] as ClockCode,
    bootKey: bootKeys[index] as number,
    mono: monos[index] as number,
    verdict: verdicts[index] as VerdictCode,
  }));
}
