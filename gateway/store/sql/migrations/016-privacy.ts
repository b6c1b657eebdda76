/** What is shown of windows in steps, to those who may stand beside them. */
import type { Migration } from './flavour.ts';

export const PRIVACY: Migration = {
  name: 'privacy',
  statements: ({ keyed, table, text, integer, time }) => [
    // `settings`: JSON; what is left out is inherited from above.
    keyed('privacy_nodes')
      .addColumn('node', text, (column) => column.notNull().unique())
      .addColumn('settings', text, (column) => column.notNull())
      .addColumn('reason', text, (column) => column.notNull())
      .addColumn('made_at', time, (column) => column.notNull())
      .addColumn('made_by', text, (column) => column.notNull()),
    table('shown_windows')
      .addColumn('window_key', integer, (column) => column.primaryKey())
      .addColumn('dark_satisfied', integer, (column) => column.notNull())
      .addColumn('dark_basically', integer, (column) => column.notNull())
      .addColumn('dark_unsatisfied', integer, (column) => column.notNull())
      .addColumn('stepped_at', time, (column) => column.notNull()),
    // Of votes of this day, those in closed blocks (`taken_…`), and what is shown under this day.
    table('shown_days')
      .addColumn('window_key', integer, (column) => column.notNull())
      .addColumn('day', integer, (column) => column.notNull())
      .addColumn('taken_satisfied', integer, (column) => column.notNull())
      .addColumn('taken_basically', integer, (column) => column.notNull())
      .addColumn('taken_unsatisfied', integer, (column) => column.notNull())
      .addColumn('satisfied', integer, (column) => column.notNull())
      .addColumn('basically', integer, (column) => column.notNull())
      .addColumn('unsatisfied', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('shown_days_pkey', ['window_key', 'day'] as never),
    table('shown_steps')
      .addColumn('minutes', integer, (column) => column.primaryKey())
      .addColumn('at', time, (column) => column.notNull()),
  ],
};
