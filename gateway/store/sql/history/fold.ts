/** Rows of units, made of the rollups of their windows. In a transaction in which every statement sees the same moment, and its own rows. */
import { sql } from 'kysely';
import type { ChannelCode } from '../../ledger.ts';
import { insertNumbers } from '../review/rows.ts';
import type { Queries } from '../sql-database.ts';
import { BLOCK, floorBlock } from './pieces.ts';
import type { Places, QuarterSpan } from './places.ts';
import { ALL, EXCLUDED, type WindowSum } from './sums.ts';
import { sumUp, type UnitSum, unitSums } from './unit-sums.ts';

/** Quarters of an hour since the epoch. */
export type FoldState = {
  /** What is before is in `history`, but for what `history_late` says. */
  foldedUntil: number;
  /** Whatever is written of what is before is noted in `history_late`. */
  lateBefore: number;
  /** As far as rows have ever been written. */
  writtenUntil: number;
};

/** So many rows of rollups are folded in one go: some ten milliseconds. A quarter of an hour is folded in one piece. */
export const ROWS_AT_ONCE = 4_000;
const LATE_AT_ONCE = 2_000;

type Row = Omit<WindowSum, 'counts'> & { satisfied: number; basically: number; unsatisfied: number };

/** Nobody else folds until the transaction ends; who has seen an older state fails. */
export async function lockState(queries: Queries): Promise<FoldState> {
  return queries
    .updateTable('history_state')
    .set(({ ref }) => ({ folded_until: ref('folded_until') }))
    .returning(['folded_until as foldedUntil', 'late_before as lateBefore', 'written_until as writtenUntil'])
    .executeTakeFirstOrThrow();
}

/** @param end of what may be folded. @returns how far it has come, and how many rows of rollups that were. */
export async function foldQuarters(
  queries: Queries,
  places: Places,
  { from, end: atMost }: QuarterSpan,
  writtenUntil: number,
): Promise<{ end: number; rows: number }> {
  const { end, rows } = await inOneGo(queries, { from, end: atMost });
  const sums = rows === 0 ? [] : await keptWithin(queries, { from, end });
  if (from < writtenUntil) await clear(queries, 1, { from, end });
  await addRows(queries, 1, unitSums(sums, places));
  const blocks = { from: floorBlock(from), end: floorBlock(end) };
  if (blocks.from < blocks.end) await insertBlocks(queries, blocks, writtenUntil);
  // What was noted of them until this moment is in the rollups.
  await queries.deleteFrom('history_late').where('quarter', '>=', from).where('quarter', '<', end).execute();
  await queries
    .updateTable('history_state')
    .set({ folded_until: end, written_until: Math.max(end, writtenUntil) })
    .execute();
  return { end, rows };
}

async function inOneGo(queries: Queries, { from, end }: QuarterSpan): Promise<{ end: number; rows: number }> {
  const found = await queries
    .selectFrom('rollups')
    .select('quarter')
    .where('quarter', '>=', from)
    .where('quarter', '<', end)
    .orderBy('quarter')
    .limit(ROWS_AT_ONCE + 1)
    .execute();
  const [first, last] = [found[0], found[ROWS_AT_ONCE]];
  if (!first || !last) return { end, rows: found.length };
  return { end: last.quarter > first.quarter ? last.quarter : last.quarter + 1, rows: ROWS_AT_ONCE };
}

const SUMS = 'sum(satisfied) AS satisfied, sum(basically) AS basically, sum(unsatisfied) AS unsatisfied';
const COUNTS = 'satisfied, basically, unsatisfied';

/** What is kept of windows, as the ledger keeps it. @param where of each table */
export const keptOfWindows = (where: string): string => `
  SELECT window_key, quarter, 0 AS channel, ${ALL} AS part, ${COUNTS} FROM rollups WHERE ${where}
  UNION ALL SELECT window_key, quarter, 0, verdict, ${COUNTS} FROM discounted WHERE ${where}
  UNION ALL SELECT window_key, quarter, 0, ${EXCLUDED}, ${COUNTS} FROM excluded WHERE ${where}
  UNION ALL SELECT window_key, quarter, channel, part, ${COUNTS} FROM apart WHERE ${where}`;

/** … and of the windows that something came for by a channel: what came by a button is what did not come otherwise. */
export const keptByChannel = (channel: ChannelCode, where: string): string =>
  channel === 0 ? keptOfWindows(where) : `SELECT * FROM apart WHERE channel = ${channel} AND ${where}`;

export const keptWithin = (queries: Queries, span: QuarterSpan): Promise<WindowSum[]> =>
  windowSums(queries, `(${keptOfWindows(within(span))}) AS kept`);

/** What is noted and not folded. */
export const lateWithin = (queries: Queries, span: QuarterSpan): Promise<WindowSum[]> =>
  windowSums(queries, `history_late WHERE ${within(span)}`);

const within = ({ from, end }: QuarterSpan) => `quarter >= ${from} AND quarter < ${end}`;

async function windowSums(queries: Queries, from: string): Promise<WindowSum[]> {
  const { rows } = await sql
    .raw<Row>(
      `SELECT window_key AS "windowKey", quarter, channel, part, ${SUMS} FROM ${from} GROUP BY window_key, quarter, channel, part`,
    )
    .execute(queries);
  return rows.map(windowSum);
}

/** As they are folded. @param span of how many quarters of an hour they are */
export async function rowsWithin(
  queries: Queries,
  span: number,
  { from, end }: QuarterSpan,
): Promise<UnitSum[]> {
  const { rows } = await sql<Omit<Row, 'windowKey'> & { unitKey: number }>`
    SELECT unit_key AS "unitKey", quarter, channel, part, ${sql.raw(COUNTS)} FROM history
    WHERE ${OF_EVERY_UNIT} AND span = ${sql.lit(span)} AND quarter >= ${from} AND quarter < ${end}`.execute(
    queries,
  );
  return rows.map(({ satisfied, basically, unsatisfied, ...of }) => ({
    ...of,
    counts: [satisfied, basically, unsatisfied],
  }));
}

const windowSum = ({ satisfied, basically, unsatisfied, ...of }: Row): WindowSum => ({
  ...of,
  counts: [satisfied, basically, unsatisfied],
});

const OF_EVERY_UNIT = sql.raw('unit_key IN (SELECT key FROM units)');

async function clear(queries: Queries, span: number, { from, end }: QuarterSpan): Promise<void> {
  await sql`DELETE FROM history WHERE ${OF_EVERY_UNIT} AND span = ${span} AND quarter >= ${from} AND quarter < ${end}`.execute(
    queries,
  );
}

/** @param sums none of a row twice */
async function addRows(queries: Queries, span: number, sums: readonly UnitSum[]): Promise<void> {
  const rows = sums.map(({ unitKey, quarter, channel, part, counts }) => [
    ...[unitKey, span, quarter, channel, part],
    ...counts,
  ]);
  await insertNumbers(
    queries,
    'history AS kept (unit_key, span, quarter, channel, part, satisfied, basically, unsatisfied)',
    rows,
    sql`
      ON CONFLICT (unit_key, span, quarter, channel, part) DO UPDATE SET
        satisfied = kept.satisfied + excluded.satisfied,
        basically = kept.basically + excluded.basically,
        unsatisfied = kept.unsatisfied + excluded.unsatisfied`,
  );
}

/** Of the quarters that are written. */
async function insertBlocks(queries: Queries, blocks: QuarterSpan, writtenUntil: number): Promise<void> {
  const { from, end } = blocks;
  if (from < writtenUntil) await clear(queries, BLOCK, blocks);
  await sql`
    INSERT INTO history (unit_key, span, quarter, channel, part, satisfied, basically, unsatisfied)
    SELECT unit_key, ${sql.lit(BLOCK)}, quarter - quarter % ${sql.lit(BLOCK)}, channel, part, sum(satisfied), sum(basically), sum(unsatisfied)
    FROM history WHERE ${OF_EVERY_UNIT} AND span = 1 AND quarter >= ${from} AND quarter < ${end}
    GROUP BY 1, 3, 4, 5`.execute(queries);
}

const blockSums = (sums: readonly UnitSum[]): UnitSum[] =>
  sumUp(sums.map((sum) => ({ ...sum, quarter: floorBlock(sum.quarter) })));

/** @returns how many were folded. */
export async function foldLate(queries: Queries, places: Places, foldedUntil: number): Promise<number> {
  const { rows } = await sql<Row & { key: number }>`
    SELECT key, window_key AS "windowKey", quarter, channel, part, satisfied, basically, unsatisfied FROM history_late
    WHERE quarter < ${foldedUntil} ORDER BY key LIMIT ${sql.lit(LATE_AT_ONCE)}`.execute(queries);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return 0;
  const sums = unitSums(
    rows.map(({ key: _, ...row }) => windowSum(row)),
    places,
  );
  await addRows(queries, 1, sums);
  await addRows(queries, BLOCK, blockSums(sums.filter(({ quarter }) => quarter < floorBlock(foldedUntil))));
  await queries
    .deleteFrom('history_late')
    .where('key', '>=', first.key)
    .where('key', '<=', last.key)
    .where('quarter', '<', foldedUntil)
    .execute();
  return rows.length;
}
