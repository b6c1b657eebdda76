/** What gateways on one database must know of each other: who does what only one may do, and what they have noted by themselves. */
import { sql } from 'kysely';
import type { Migration } from './flavour.ts';

export const LEASES: Migration = {
  name: 'leases',
  statements: ({ build, table, text, integer, time }) => [
    // `token` grows with every holder; `until` is by the clock of the database, in milliseconds.
    table('leases')
      .addColumn('name', text, (column) => column.notNull().primaryKey())
      .addColumn('holder', text, (column) => column.notNull())
      .addColumn('token', time, (column) => column.notNull())
      .addColumn('until', time, (column) => column.notNull()),
    // Counts changes of what gateways hold in memory.
    table('noted')
      .addColumn('key', integer, (column) => column.primaryKey().check(sql`key = 1`))
      .addColumn('version', time, (column) => column.notNull()),
    build.insertInto('noted').values({ key: 1, version: 0 }),
  ],
};
