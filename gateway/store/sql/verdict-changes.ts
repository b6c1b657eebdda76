/** Other verdicts of votes that are stored, and what rules discount by them, in SQL that both databases understand. */
import { sql } from 'kysely';
import type { Corrected, VerdictCode } from '../ledger.ts';
import { DiscountedBatch } from './discounted-batch.ts';
import { chunksOf, writeRows } from './review/rows.ts';
import type { Queries } from './sql-database.ts';
import type { Found } from './stored-presses.ts';

export type Change = { vote: Found; verdict: VerdictCode };

export async function correct(
  queries: Queries,
  changes: readonly (Change & { windowKey: number })[],
): Promise<Corrected[]> {
  // Two spans of one window may reach the same vote: what was found last is what holds, and was found of the same votes.
  const latest = [...new Map(changes.map((one) => [`${one.vote.journalKey}/${one.vote.seq}`, one])).values()];
  if (latest.length === 0) return [];
  const sums = new DiscountedBatch();
  for (const { vote, verdict, windowKey } of latest)
    if (vote.isExcluded === 0) {
      sums.add({ ...vote, windowKey }, vote.verdict, -1);
      sums.add({ ...vote, windowKey }, verdict);
    }
  for (const some of chunksOf(latest)) {
    const rows = some.map(
      ({ vote, verdict }) => sql`(cast(${vote.journalKey} as bigint), ${vote.seq}, ${verdict})`,
    );
    await sql`
      UPDATE votes SET verdict = cast(judged.column3 as integer) FROM (VALUES ${sql.join(rows)}) AS judged
      WHERE votes.source_key = judged.column1 AND votes.seq = cast(judged.column2 as integer)`.execute(
      queries,
    );
  }
  await addDiscounted(queries, sums);
  return latest.map(({ vote: { rating, at, verdict: from, isExcluded }, verdict: to, windowKey }) => ({
    ...{ windowKey, rating, at, from, to },
    excluded: isExcluded === 1,
  }));
}

async function addDiscounted(queries: Queries, sums: DiscountedBatch): Promise<void> {
  const rows = sums
    .values()
    .map(({ journalKey, quarter, windowKey, verdict, counts }) => [
      ...[journalKey, quarter, windowKey, verdict],
      ...counts,
    ]);
  await writeRows(
    queries,
    rows,
    (values) => sql`
      INSERT INTO discounted AS kept (source_key, quarter, window_key, verdict, satisfied, basically, unsatisfied)
      VALUES ${values} ON CONFLICT (source_key, quarter, window_key, verdict) DO UPDATE SET
        satisfied = kept.satisfied + excluded.satisfied,
        basically = kept.basically + excluded.basically,
        unsatisfied = kept.unsatisfied + excluded.unsatisfied`,
  );
  const journals = [...new Set(sums.values().map(({ journalKey }) => journalKey))];
  for (const some of chunksOf(journals))
    await queries
      .deleteFrom('discounted')
      .where('source_key', 'in', some)
      .where('satisfied', '=', 0)
      .where('basically', '=', 0)
      .where('unsatisfied', '=', 0)
      .execute();
}
