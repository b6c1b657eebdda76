/** In which time zone units lie, through time. */
import type { Migration } from './flavour.ts';

export const UNIT_TIME_ZONES: Migration = {
  name: 'unit-time-zones',
  statements: ({ build, table, text, integer, time }) => [
    // `time_zone` null: that of the unit above, again. `from_at` 0: ever.
    table('unit_time_zones')
      .addColumn('unit_key', integer, (column) => column.notNull())
      .addColumn('from_at', time, (column) => column.notNull())
      .addColumn('time_zone', text)
      .addPrimaryKeyConstraint('unit_time_zones_key', ['unit_key', 'from_at'] as never),
    // Nothing has ever been written there, and it could not say since when.
    build.schema.alterTable('units').dropColumn('time_zone'),
  ],
};
