/** Which alerts have changed since a moment, so that each gateway reads those alone. */
import type { Migration } from './flavour.ts';

export const ALERT_CHANGES: Migration = {
  name: 'alert-changes',
  statements: ({ build, time }) => [
    // The version at which it was last changed.
    build.schema.alterTable('alerts').addColumn('noted', time, (column) => column.notNull().defaultTo(0)),
    build.schema.createIndex('alerts_noted_at').on('alerts').column('noted'),
    // … and the rules.
    build.schema
      .alterTable('alerts_noted')
      .addColumn('rules', time, (column) => column.notNull().defaultTo(0)),
  ],
};
