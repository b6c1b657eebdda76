/** Whose votes a change is about: windows, by key and by name. */
import { MOST_CONCERNED } from '../../review.ts';
import type { Queries } from '../sql-database.ts';

/** @returns their ids, null where they are too many to be told one by one */
export async function concernedIds(queries: Queries, windowKeys: Iterable<number>): Promise<string[] | null> {
  const keys = [...new Set(windowKeys)];
  if (keys.length > MOST_CONCERNED) return null;
  if (keys.length === 0) return [];
  const rows = await queries
    .selectFrom('windows')
    .select('id')
    .where('key', 'in', keys)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}
