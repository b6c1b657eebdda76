/** By which rules votes are judged, and of which votes that is still to be done. */
import type { Migration } from './flavour.ts';

export const RULES: Migration = {
  name: 'rules',
  statements: ({ keyed, build, text, integer, time }) => [
    // Never changed: what holds from a day on, until another version of the same node says otherwise. `settings`: JSON.
    keyed('rule_versions')
      .addColumn('node', text, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addColumn('valid_from', text, (column) => column.notNull())
      .addColumn('valid_to', text)
      .addColumn('settings', text, (column) => column.notNull())
      .addColumn('reason', text, (column) => column.notNull())
      .addColumn('made_at', time, (column) => column.notNull())
      .addColumn('made_by', text, (column) => column.notNull())
      .addUniqueConstraint('rule_versions_node', ['node', 'version'] as never),
    // Spans of press times, both ends included, of windows whose votes are to be judged by what is stored.
    keyed('unjudged')
      .addColumn('window_key', integer, (column) => column.notNull())
      .addColumn('from_at', time, (column) => column.notNull())
      .addColumn('to_at', time, (column) => column.notNull()),
    build.schema.createIndex('unjudged_window').on('unjudged').column('window_key'),
    // Votes are judged a window at a time, over whatever span.
    build.schema.createIndex('rollups_window').on('rollups').columns(['window_key', 'quarter']),
  ],
};
