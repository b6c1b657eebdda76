/** Adds to what is summed apart, in SQL that both databases understand. While no vote is stored beside it. */
import { sql } from 'kysely';
import type { ApartBatch } from './apart-batch.ts';
import { noteLate } from './history/late.ts';
import { chunksOf, writeRows } from './review/rows.ts';
import type { Queries } from './sql-database.ts';

export async function addApart(queries: Queries, sums: ReturnType<ApartBatch['values']>): Promise<void> {
  if (sums.length === 0) return;
  await writeRows(
    queries,
    sums.map(({ journalKey, quarter, windowKey, channel, part, counts }) => [
      ...[journalKey, quarter, windowKey, channel, part],
      ...counts,
    ]),
    (values) => sql`
      INSERT INTO apart AS kept (source_key, quarter, window_key, channel, part, satisfied, basically, unsatisfied)
      VALUES ${values} ON CONFLICT (source_key, quarter, window_key, channel, part) DO UPDATE SET
        satisfied = kept.satisfied + excluded.satisfied,
        basically = kept.basically + excluded.basically,
        unsatisfied = kept.unsatisfied + excluded.unsatisfied`,
  );
  await noteLate(queries, sums);
  if (!sums.some(({ counts }) => counts.some((votes) => votes < 0))) return;
  for (const some of chunksOf([...new Set(sums.map(({ journalKey }) => journalKey))]))
    await queries
      .deleteFrom('apart')
      .where('source_key', 'in', some)
      .where('satisfied', '=', 0)
      .where('basically', '=', 0)
      .where('unsatisfied', '=', 0)
      .execute();
}
