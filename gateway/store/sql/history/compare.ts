/** Whether what is folded is what the rollups say, and what blocks are made of. Each stretch as of one moment, between which others write. */
import { QUARTER_MS } from '../../../domain/calendar.ts';
import type { HistoryReport } from '../../check.ts';
import type { Queries } from '../sql-database.ts';
import { keptWithin, lateWithin, rowsWithin } from './fold.ts';
import { BLOCK, floorBlock } from './pieces.ts';
import type { PlaceBook } from './place-book.ts';
import type { Places, QuarterSpan } from './places.ts';
import { sumUp, type UnitSum, unitSums } from './unit-sums.ts';

export type HistoryCheck = {
  places: PlaceBook;
  /** In a transaction whose statements see one moment. */
  inOneMoment<T>(act: (queries: Queries) => Promise<T>): Promise<T>;
};

/** A day at a time, and longer where there is nothing. */
const SHORTEST = 96;
const LONGEST = 4_096;

/** @throws StoreFailure */
export async function checkHistory({ places, inOneMoment }: HistoryCheck): Promise<HistoryReport> {
  const report: HistoryReport = { differing: 0, from: null };
  let length = SHORTEST;
  for (let from = 0; ; ) {
    const stretch = await inOneMoment(async (queries) => {
      const span = { from, end: Math.min(from + length, await foldedUntil(queries)) };
      return span.from < span.end ? compareWithin(queries, await places(queries), span) : null;
    });
    if (stretch === null) return report;
    const { rows, end, differing } = stretch;
    report.differing += differing.length;
    const first = Math.min(...differing.map(({ quarter }) => quarter));
    if (differing.length > 0) report.from ??= first * QUARTER_MS;
    length = rows > 0 ? SHORTEST : Math.min(LONGEST, length * 2);
    from = end;
  }
}

async function foldedUntil(queries: Queries): Promise<number> {
  const { folded_until } = await queries
    .selectFrom('history_state')
    .select('folded_until')
    .executeTakeFirstOrThrow();
  return folded_until;
}

async function compareWithin(queries: Queries, places: Places, span: QuarterSpan) {
  const kept = await keptWithin(queries, span);
  const rows = await rowsWithin(queries, 1, span);
  const blocks = { from: floorBlock(span.from), end: floorBlock(span.end) };
  const inBlocks = await rowsWithin(queries, BLOCK, blocks);
  // What is noted is not in them yet.
  const late = unitSums(await lateWithin(queries, span), places);
  const differing = [
    ...differences([...rows, ...late], unitSums(kept, places)),
    ...differences(
      inBlocks,
      rows
        .filter(({ quarter }) => quarter < blocks.end)
        .map((sum) => ({ ...sum, quarter: floorBlock(sum.quarter) })),
    ),
  ];
  return { differing, end: span.end, rows: kept.length + rows.length + inBlocks.length };
}

function differences(some: readonly UnitSum[], others: readonly UnitSum[]): UnitSum[] {
  const less = others.map(({ counts: [a, b, c], ...of }) => ({
    ...of,
    counts: [-a, -b, -c] as [number, number, number],
  }));
  return sumUp([...some, ...less]).filter(({ counts }) => counts.some((votes) => votes !== 0));
}
