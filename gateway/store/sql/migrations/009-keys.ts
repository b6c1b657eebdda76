/** What all gateways have in common and only they may read, sealed. Beside SQLite it is in files, and the table stays empty. */
import type { Migration } from './flavour.ts';

export const KEYS: Migration = {
  name: 'keys',
  statements: ({ table, text, bytes }) => [
    table('keys')
      .addColumn('name', text, (column) => column.notNull().primaryKey())
      .addColumn('sealed_with', text, (column) => column.notNull())
      .addColumn('sealed', bytes, (column) => column.notNull()),
  ],
};
