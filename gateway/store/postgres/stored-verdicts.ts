/**
 * Votes as they are judged, and what they are judged to be, in PostgreSQL: some windows a statement, because its way costs more than a
 * window; and in columns, because a row of ten numbers costs the driver more than to judge it.
 */
import { type RawBuilder, sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RatingCode } from '../../domain/tally.ts';
import type { ChannelCode, ClockCode, VerdictCode } from '../ledger.ts';
import type { VerdictTables } from '../sql/judging.ts';
import { OF_SYSTEM } from '../sql/ledger-terms.ts';
import { completed, inOrder, isDense, type PressRow, type Stretch } from '../sql/stored-presses.ts';
import { QUARTERS_AT_ONCE, VOTES_AT_ONCE, type WindowSpan } from '../sql/waiting-spans.ts';
import type { StoredPress } from '../verdicts.ts';
import { arrayOf } from './numbers.ts';

type FirstPart = { nth: number; first: number | null; last: number; votes: number };
type Asked = Stretch & { nth: number };
/** Votes of one journal and boot: a column each. */
type Columns = { nth: number; journalKey: number; bootKey: number } & Record<
  'seqs' | 'times' | 'monos' | 'codes',
  number[]
>;

export const storedVerdicts: VerdictTables = {
  readsAhead: true,
  async firstParts(queries, spans) {
    const { rows } = await sql<FirstPart>`
      SELECT cast(w.nth as int4) AS nth, p.first, p.last, p.votes
      FROM ${asked(spans)} CROSS JOIN LATERAL (
        SELECT min(c.quarter) AS first, max(c.quarter) AS last, cast(sum(c.votes) as int4) AS votes FROM (
          SELECT quarter, votes, sum(votes) OVER (ORDER BY quarter) AS upto FROM (
            SELECT quarter, sum(satisfied + basically + unsatisfied) AS votes FROM rollups
            WHERE window_key = w.window_key AND quarter BETWEEN w.first_quarter AND w.last_quarter
            GROUP BY quarter ORDER BY quarter LIMIT ${sql.lit(QUARTERS_AT_ONCE)}) q) c
        WHERE c.upto <= ${sql.lit(VOTES_AT_ONCE)} OR c.upto = c.votes) p`.execute(queries);
    const found = new Map(rows.map((row) => [row.nth, row]));
    return spans.map(({ from, to }, index) => {
      const part = found.get(index + 1);
      if (!part || part.first === null) return null;
      return {
        from: Math.max(from, part.first * QUARTER_MS),
        to: Math.min(to, (part.last + 1) * QUARTER_MS - 1),
        votes: part.votes,
      };
    });
  },
  /** A rollup names the stretch of its journal that holds its votes; the press time decides. */
  async read(queries, spans) {
    const { rows: stretches } = await sql<Asked>`
      SELECT cast(w.nth as int4) AS nth, r.source_key AS "journalKey", min(r.first_seq) AS first, max(r.last_seq) AS last,
        cast(sum(r.satisfied + r.basically + r.unsatisfied) as int4) AS votes
      FROM ${asked(spans)}
      JOIN rollups r ON r.window_key = w.window_key AND r.quarter BETWEEN w.first_quarter AND w.last_quarter
      GROUP BY w.nth, r.source_key`.execute(queries);
    const journals = stretches.filter(({ journalKey }) => journalKey > 0);
    const columns: Columns[] = [];
    for (const [some, which] of [
      [journals.filter(isDense), BY_NUMBERS],
      [journals.filter((one) => !isDense(one)), BY_QUARTER],
      [stretches.filter(({ journalKey }) => journalKey < 0), OF_SYSTEMS],
    ] as const)
      if (some.length > 0)
        for (const row of (await selectColumns(spans, some, which).execute(queries)).rows) columns.push(row);
    const read: { votes: StoredPress[]; pressed: number }[] = [];
    const pressed = spans.map(() => 0);
    for (const { nth, votes } of stretches) pressed[nth - 1] = (pressed[nth - 1] as number) + votes;
    const ofSpans = spans.map((_, index) =>
      columns
        .filter(({ nth }) => nth === index + 1)
        .flatMap(rowsOf)
        .sort(inOrder),
    );
    const all = await completed(queries, ofSpans.flat());
    for (let from = 0; read.length < spans.length; ) {
      const { length } = ofSpans[read.length] as PressRow[];
      read.push({ votes: all.slice(from, from + length), pressed: pressed[read.length] as number });
      from += length;
    }
    return read;
  },
  async pressed(queries, spans) {
    if (spans.length === 0) return [];
    const { rows } = await sql<{ votes: number }>`
      SELECT cast(p.votes as int4) AS votes FROM ${asked(spans)} CROSS JOIN LATERAL (
        SELECT coalesce(sum(satisfied + basically + unsatisfied), 0) AS votes FROM rollups
        WHERE window_key = w.window_key AND quarter BETWEEN w.first_quarter AND w.last_quarter) p
      ORDER BY w.nth`.execute(queries);
    return rows.map(({ votes }) => votes);
  },
  async write(queries, rewrites) {
    const [journals, seqs, before, verdicts] = [
      arrayOf(rewrites.map(({ journalKey }) => journalKey)),
      arrayOf(rewrites.map(({ seq }) => seq)),
      arrayOf(rewrites.map(({ was }) => was)),
      arrayOf(rewrites.map(({ verdict }) => verdict)),
    ];
    const { numAffectedRows = 0n } = await sql`
      UPDATE votes SET verdict = judged.verdict
      FROM unnest(cast(${journals} as int4[]), cast(${seqs} as int4[]), cast(${before} as int2[]), cast(${verdicts} as int2[]))
        AS judged (source_key, seq, was, verdict)
      WHERE votes.source_key = judged.source_key AND votes.seq = judged.seq AND votes.verdict = judged.was`.execute(
      queries,
    );
    return Number(numAffectedRows);
  },
  /** A planner would rather read the whole table. */
  besideKept: (table) => sql`kept CROSS JOIN LATERAL (
    SELECT * FROM ${sql.table(table)} WHERE source_key = kept.source_key AND quarter = kept.quarter
      AND window_key = kept.window_key OFFSET 0) AS x`,
};

const quarterOf = (at: number) => Math.floor(at / QUARTER_MS);

/** `w`: the windows that are asked for, numbered from 1. */
function asked(spans: readonly WindowSpan[]): RawBuilder<unknown> {
  const [windows, firsts, lasts] = [
    arrayOf(spans.map(({ windowKey }) => windowKey)),
    arrayOf(spans.map(({ from }) => quarterOf(from))),
    arrayOf(spans.map(({ to }) => quarterOf(to))),
  ];
  return sql`unnest(cast(${windows} as int4[]), cast(${firsts} as int4[]), cast(${lasts} as int4[]))
    WITH ORDINALITY AS w (window_key, first_quarter, last_quarter, nth)`;
}

/** Of `k` and `v`. */
const BY_NUMBERS = sql`AND v.seq BETWEEN k.first_seq AND k.last_seq`;
/** By their index: its numbers lie among those of all its windows. */
const OF_SYSTEMS = sql`AND ${sql.raw(OF_SYSTEM)}`;
/** … and no vote twice: numbers of two quarters may lie among each other. */
const BY_QUARTER = sql`${BY_NUMBERS}
  JOIN rollups r ON r.source_key = k.source_key AND r.window_key = k.window_key
    AND r.quarter BETWEEN k.from_at / ${sql.lit(QUARTER_MS)} AND k.to_at / ${sql.lit(QUARTER_MS)}
    AND v.seq BETWEEN r.first_seq AND r.last_seq AND v.at / ${sql.lit(QUARTER_MS)} = r.quarter`;

/** What is small of a vote, in one number: the driver takes as long over each. */
const CODES = sql`v.rating + 4 * v.channel + 64 * v.clock + 256 * v.verdict`;

function selectColumns(
  spans: readonly WindowSpan[],
  stretches: readonly Asked[],
  which: RawBuilder<unknown>,
): RawBuilder<Columns> {
  const of = (number: (stretch: Asked, span: WindowSpan) => number) =>
    arrayOf(stretches.map((stretch) => number(stretch, spans[stretch.nth - 1] as WindowSpan)));
  const [nths, windows, journals] = [
    of(({ nth }) => nth),
    of((_, { windowKey }) => windowKey),
    of(({ journalKey }) => journalKey),
  ];
  const [firsts, lasts] = [of(({ first }) => first), of(({ last }) => last)];
  const [froms, tos] = [of((_, { from }) => from), of((_, { to }) => to)];
  return sql<Columns>`
    SELECT k.nth, v.source_key AS "journalKey", v.boot_key AS "bootKey",
      array_agg(v.seq) AS seqs, array_agg(v.at) AS times, array_agg(v.mono) AS monos, array_agg(${CODES}) AS codes
    FROM unnest(cast(${nths} as int4[]), cast(${windows} as int4[]), cast(${journals} as int4[]), cast(${firsts} as int4[]),
      cast(${lasts} as int4[]), cast(${froms} as int8[]), cast(${tos} as int8[]))
      AS k (nth, window_key, source_key, first_seq, last_seq, from_at, to_at)
    JOIN votes v ON v.source_key = k.source_key AND v.window_key = k.window_key AND v.at BETWEEN k.from_at AND k.to_at
      ${which}
    GROUP BY k.nth, v.source_key, v.boot_key`;
}

function rowsOf({ journalKey, bootKey, seqs, times, monos, codes }: Columns): PressRow[] {
  return seqs.map((seq, index) => {
    const code = codes[index] as number;
    return {
      journalKey,
      seq,
      channel: ((code >> 2) & 15) as ChannelCode,
      rating: (code & 3) as RatingCode,
      at: times[index] as number,
      clock: ((code >> 6) & 3) as ClockCode,
      bootKey,
      mono: monos[index] as number,
      verdict: (code >> 8) as VerdictCode,
    };
  });
}
