/**
 * Votes that came otherwise than by a button, summed once more by their channel. None is stored yet: no gateway has taken any.
 */
import { sql } from 'kysely';
import type { Migration } from './flavour.ts';

export const APART: Migration = {
  name: 'apart',
  statements: ({ name, build, table, integer }) => {
    const small = name === 'postgres' ? sql`int2` : integer;
    const columns = ['source_key', 'quarter', 'window_key', 'satisfied', 'basically', 'unsatisfied'];
    const apart = table('apart');
    const withColumns = columns.reduce(
      (made, column) => made.addColumn(column, integer, (one) => one.notNull()),
      apart as typeof apart,
    );
    return [
      // `part` as in `history`: 0 all that are stored; 1 to 8 discounted by rules, by verdict; 16 excluded by people.
      withColumns
        .addColumn('channel', small, (column) => column.notNull())
        .addColumn('part', small, (column) => column.notNull())
        .addPrimaryKeyConstraint('apart_key', [
          'window_key',
          'quarter',
          'source_key',
          'channel',
          'part',
        ] as never),
      build.schema.createIndex('apart_quarter').on('apart').column('quarter'),
      build.schema.createIndex('apart_source').on('apart').column('source_key'),
    ];
  },
};
