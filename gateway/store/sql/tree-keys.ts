/** What is in the tree by its id. */
import { OrgRefusal } from '../failures.ts';
import type { Queries } from './sql-database.ts';

/** @throws OrgRefusal `unit-unknown`, `window-unknown`. */
export async function keyOf(queries: Queries, table: 'units' | 'windows', id: string): Promise<number> {
  const row = await queries.selectFrom(table).select('key').where('id', '=', id).executeTakeFirst();
  if (row) return row.key;
  const kind = table === 'units' ? 'unit' : 'window';
  throw new OrgRefusal(`${kind}-unknown`, `there is no ${kind} ${id}: list them with \`${kind} list\``);
}

/** @throws OrgRefusal `id-taken`. */
export async function requireFree(
  queries: Queries,
  table: 'units' | 'windows' | 'terminals',
  id: string,
): Promise<void> {
  const taken = await queries.selectFrom(table).select('key').where('id', '=', id).executeTakeFirst();
  if (taken) throw new OrgRefusal('id-taken', `${id} is taken: choose another id`);
}
