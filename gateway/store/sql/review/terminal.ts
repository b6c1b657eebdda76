import { OrgRefusal } from '../../failures.ts';
import type { Queries } from '../sql-database.ts';

/** @throws OrgRefusal `terminal-unknown`. */
export async function terminalKeyOf(queries: Queries, id: string): Promise<number> {
  const row = await queries.selectFrom('terminals').select('key').where('id', '=', id).executeTakeFirst();
  if (!row) throw new OrgRefusal('terminal-unknown', `there is no terminal ${id}: list the terminals`);
  return row.key;
}
