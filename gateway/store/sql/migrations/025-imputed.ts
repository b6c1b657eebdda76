/** What a system has said of a vote that it gave itself, beside its key; and the key of a vote. */
import { sql } from 'kysely';
import type { Migration } from './flavour.ts';

export const IMPUTED: Migration = {
  name: 'imputed',
  statements: ({ name, build, integer }) => [
    build.schema
      .alterTable('origin_votes')
      .addColumn('imputed', name === 'postgres' ? sql`int2` : integer, (column) =>
        column.notNull().defaultTo(0).check(sql`imputed BETWEEN 0 AND 1`),
      ),
    build.schema
      .createIndex('origin_votes_number')
      .unique()
      .on('origin_votes')
      .columns(['source_key', 'seq']),
  ],
};
