/** What units and windows were called and where they stood, through time; and in which time zone a unit lies. */
import type { Migration } from './flavour.ts';

export const ORG_VERSIONS: Migration = {
  name: 'org-versions',
  statements: ({ build, table, text, integer, time }) => [
    // The newest of a unit or window says what `units` or `windows` says. `key`, `parent_key`: theirs; `from_at` 0: ever.
    table('org_versions')
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('key', integer, (column) => column.notNull())
      .addColumn('parent_key', integer)
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('from_at', time, (column) => column.notNull())
      .addPrimaryKeyConstraint('org_versions_key', ['kind', 'key', 'from_at'] as never),
    `INSERT INTO org_versions (kind, key, parent_key, name, from_at) SELECT 'unit', key, parent_key, name, 0 FROM units`,
    `INSERT INTO org_versions (kind, key, parent_key, name, from_at) SELECT 'window', key, unit_key, name, 0 FROM windows`,
    // Null: that of the unit above.
    build.schema.alterTable('units').addColumn('time_zone', text),
  ],
};
