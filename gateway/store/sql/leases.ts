/** Leases, in SQL that both databases understand. */
import { type Lease, LeaseLost, type LeaseStore } from '../leases.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

export function createLeaseStore(database: SqlDatabase): LeaseStore {
  const { clock } = database;
  return {
    take: (name, holder, forMs) =>
      database.transaction(async (queries) => {
        const until = clock(forMs);
        const taken = await queries
          .insertInto('leases')
          .values({ name, holder, token: 1, until })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet(({ eb, ref }) => ({
                holder,
                until,
                // Had without a break it is the same; what ran out may have been another's in between.
                token: eb
                  .case()
                  .when(ref('leases.until'), '>', clock(0))
                  .then(ref('leases.token'))
                  .else(eb('leases.token', '+', 1))
                  .end(),
              }))
              .where(({ or, eb }) =>
                or([eb('leases.holder', '=', holder), eb('leases.until', '<=', clock(0))]),
              ),
          )
          .returning('token')
          .executeTakeFirst();
        return taken ? { name, holder, token: taken.token } : null;
      }),
    release: (lease) =>
      database.transaction(async (queries) => {
        await queries
          .updateTable('leases')
          .set({ until: 0 })
          .where('name', '=', lease.name)
          .where('holder', '=', lease.holder)
          .where('token', '=', lease.token)
          .execute();
      }),
  };
}

/**
 * Within a transaction, before anything is written: nobody takes the lease from here to its end, because taking it is a transaction,
 * and those come one after another. @throws LeaseLost
 */
export async function requireHeld(database: SqlDatabase, queries: Queries, lease: Lease): Promise<void> {
  const row = await queries
    .selectFrom('leases')
    .select('token')
    .where('name', '=', lease.name)
    .where('holder', '=', lease.holder)
    .where('token', '=', lease.token)
    .where('until', '>', database.clock(0))
    .executeTakeFirst();
  if (!row) throw new LeaseLost(lease);
}
