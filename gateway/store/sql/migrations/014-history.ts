/** Sums of units over long spans, beside the rollups that they are made of. */
import { type CreateTableBuilder, sql } from 'kysely';
import type { Migration } from './flavour.ts';

export const HISTORY_OF_UNITS: Migration = {
  name: 'history',
  statements: ({ name, build, table, keyed, integer }) => {
    const isPostgres = name === 'postgres';
    const small = isPostgres ? sql`int2` : integer;
    const withCounts = <C extends string>(made: CreateTableBuilder<string, C>) =>
      ['satisfied', 'basically', 'unsatisfied'].reduce(
        (so, column) => so.addColumn(column, integer, (one) => one.notNull()),
        made
          .addColumn('channel', small, (column) => column.notNull())
          .addColumn('part', small, (column) => column.notNull()) as CreateTableBuilder<string, string>,
      );
    const history = (isPostgres ? table('history') : build.schema.createTable('history'))
      .addColumn('unit_key', integer, (column) => column.notNull())
      // Of how many quarters of an hour it is, from `quarter` on: 1, or 16.
      .addColumn('span', small, (column) => column.notNull())
      .addColumn('quarter', integer, (column) => column.notNull());
    const state = ['folded_until', 'late_before', 'written_until'];
    return [
      // `channel` 0: of all channels. `part` 0: all that are stored; 1 to 8: discounted by rules, by verdict; 16: excluded by people.
      (isPostgres
        ? withCounts(history)
        : withCounts(history).modifyEnd(sql`strict, without rowid`)
      ).addPrimaryKeyConstraint('history_key', ['unit_key', 'span', 'quarter', 'channel', 'part'] as never),
      // What was written of quarters of an hour before `late_before`, and is not in `history` yet: more, or less.
      withCounts(
        keyed('history_late')
          .addColumn('window_key', integer, (column) => column.notNull())
          .addColumn('quarter', integer, (column) => column.notNull()),
      ),
      build.schema.createIndex('history_late_quarter').on('history_late').column('quarter'),
      state.reduce<CreateTableBuilder<string, string>>(
        (made, column) => made.addColumn(column, integer, (one) => one.notNull()),
        table('history_state').addColumn('key', integer, (column) => column.primaryKey().check(sql`key = 1`)),
      ),
      build.insertInto('history_state').values({ key: 1, folded_until: 0, late_before: 0, written_until: 0 }),
    ];
  },
};
