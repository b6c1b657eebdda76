/** Systems that votes come from which are no terminal's, and the keys that they have given them. */
import type { Migration } from './flavour.ts';

export const ORIGINS: Migration = {
  name: 'origins',
  statements: ({ table, text, integer }) => [
    // `key`: below 0, so that it stands where a journal's stands, and is none's. `unit_id`: '' of the whole city.
    table('origins')
      .addColumn('key', integer, (column) => column.primaryKey())
      .addColumn('unit_id', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('last_seq', integer, (column) => column.notNull())
      .addUniqueConstraint('origins_name', ['unit_id', 'name'] as never),
    table('origin_votes')
      .addColumn('source_key', integer, (column) => column.notNull())
      .addColumn('key', text, (column) => column.notNull())
      .addColumn('seq', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('origin_votes_key', ['source_key', 'key'] as never),
  ],
};
