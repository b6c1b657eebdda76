/** Alerts: by which rules, which there are and were, to whom they are told, and what of that is still to be sent. */
import { sql } from 'kysely';
import type { Migration } from './flavour.ts';

export const ALERTS: Migration = {
  name: 'alerts',
  statements: ({ keyed, table, build, text, integer, time, bytes }) => [
    // As `rule_versions`: never changed.
    keyed('alert_rule_versions')
      .addColumn('node', text, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addColumn('valid_from', text, (column) => column.notNull())
      .addColumn('valid_to', text)
      .addColumn('settings', text, (column) => column.notNull())
      .addColumn('reason', text, (column) => column.notNull())
      .addColumn('made_at', time, (column) => column.notNull())
      .addColumn('made_by', text, (column) => column.notNull())
      .addUniqueConstraint('alert_rule_versions_node', ['node', 'version'] as never),
    // `cause`: kind and node of one that is not closed; of each there is one at the most. `detail`: JSON.
    keyed('alerts')
      .addColumn('id', text, (column) => column.notNull().unique())
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('node', text, (column) => column.notNull())
      .addColumn('unit_key', integer, (column) => column.notNull().references('units.key'))
      .addColumn('cause', text, (column) => column.unique())
      .addColumn('urgent', integer, (column) => column.notNull())
      .addColumn('begin_at', time, (column) => column.notNull())
      .addColumn('last_at', time, (column) => column.notNull())
      .addColumn('times', integer, (column) => column.notNull())
      .addColumn('detail', text, (column) => column.notNull())
      .addColumn('opened_at', time, (column) => column.notNull())
      .addColumn('acknowledged_at', time)
      .addColumn('acknowledged_by', text)
      .addColumn('closed_at', time)
      .addColumn('closed_by', text)
      .addColumn('closed_why', text),
    build.schema.createIndex('alerts_unit').on('alerts').column('unit_key'),
    build.schema.createIndex('alerts_closed').on('alerts').column('closed_at'),
    keyed('alert_comments')
      .addColumn('alert_key', integer, (column) => column.notNull().references('alerts.key'))
      .addColumn('made_at', time, (column) => column.notNull())
      .addColumn('made_by', text, (column) => column.notNull())
      .addColumn('text', text, (column) => column.notNull()),
    build.schema.createIndex('alert_comments_alert').on('alert_comments').column('alert_key'),
    // Counts changes of all of these, so that each gateway knows when to read again.
    table('alerts_noted')
      .addColumn('key', integer, (column) => column.primaryKey().check(sql`key = 1`))
      .addColumn('version', time, (column) => column.notNull()),
    build.insertInto('alerts_noted').values({ key: 1, version: 0 }),
    // `address`: of a webhook, or of a person's mail. `kinds`: JSON; null: all. `sealed`: the secret of a webhook.
    keyed('alert_targets')
      .addColumn('id', text, (column) => column.notNull().unique())
      .addColumn('channel', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('address', text, (column) => column.notNull())
      .addColumn('unit_key', integer, (column) => column.references('units.key'))
      .addColumn('kinds', text)
      .addColumn('language', text, (column) => column.notNull())
      .addColumn('sealed', bytes)
      .addColumn('made_at', time, (column) => column.notNull())
      .addColumn('made_by', text, (column) => column.notNull())
      .addColumn('removed_at', time)
      // In a row, and until when nothing more is tried.
      .addColumn('failures', integer, (column) => column.notNull().defaultTo(0))
      .addColumn('retry_at', time, (column) => column.notNull().defaultTo(0)),
    // `body`: JSON, as it is sent. `state`: waiting, sent, given-up, dropped.
    keyed('alert_deliveries')
      .addColumn('id', text, (column) => column.notNull().unique())
      .addColumn('target_key', integer, (column) => column.notNull().references('alert_targets.key'))
      .addColumn('alert_key', integer, (column) => column.references('alerts.key'))
      .addColumn('event', text, (column) => column.notNull())
      .addColumn('body', text, (column) => column.notNull())
      .addColumn('made_at', time, (column) => column.notNull())
      .addColumn('due_at', time, (column) => column.notNull())
      .addColumn('attempts', integer, (column) => column.notNull().defaultTo(0))
      .addColumn('state', text, (column) => column.notNull())
      .addColumn('code', text)
      .addColumn('done_at', time),
    build.schema.createIndex('alert_deliveries_state').on('alert_deliveries').columns(['state', 'due_at']),
  ],
};
