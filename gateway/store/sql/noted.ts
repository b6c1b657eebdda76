/** What gateways hold in memory, counted whenever it is changed or noted, so that each of them knows when to read again. */
import type { Queries } from './sql-database.ts';

/** What lies further ahead of a gateway's clock was noted by one that was wrong, and would outlast whatever comes after it. */
export const CLOCKS_APART_MS = 60_000;

/** In the transaction of what is noted. */
export async function tellOthers(queries: Queries): Promise<void> {
  await queries
    .updateTable('noted')
    .set(({ eb }) => ({ version: eb('version', '+', 1) }))
    .execute();
}

/** Another number whenever something of it is another. */
export async function heldRevision(queries: Queries): Promise<number> {
  const { version } = await queries.selectFrom('noted').select('version').executeTakeFirstOrThrow();
  return version;
}
