/** What each vote counts for. All that were stored before count: no rules were in force. */
import { sql } from 'kysely';
import type { Migration } from './flavour.ts';

export const VERDICTS: Migration = {
  name: 'verdicts',
  statements: ({ name, build, table, integer }) => {
    const small = name === 'postgres' ? sql`int2` : integer;
    // Of every rollup, the votes in it that rules discount and no person has excluded.
    const discounted = table('discounted');
    const columns = ['source_key', 'quarter', 'window_key', 'satisfied', 'basically', 'unsatisfied'];
    const withColumns = columns.reduce(
      (made, column) => made.addColumn(column, integer, (one) => one.notNull()),
      discounted as typeof discounted,
    );
    return [
      // By what the rules say of it; what people have said of it is beside it (`exclusions`).
      build.schema.alterTable('votes').addColumn('verdict', small, (column) => column.notNull().defaultTo(0)),
      withColumns
        .addColumn('verdict', small, (column) => column.notNull())
        .addPrimaryKeyConstraint('discounted_key', [
          'source_key',
          'quarter',
          'window_key',
          'verdict',
        ] as never),
      build.schema.createIndex('discounted_quarter').on('discounted').column('quarter'),
    ];
  },
};
