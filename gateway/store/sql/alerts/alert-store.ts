/** Alerts, in SQL that both databases understand. */
import type { AlertKind } from '../../../../protocol/alert.ts';
import { causeOf } from '../../../domain/alerts/found.ts';
import type { AlertReads, AlertStore, AlertTx } from '../../alerts.ts';
import { type AuditDeps, createChanges } from '../changes.ts';
import { requireHeld } from '../leases.ts';
import { addSettingVersion, settingVersions } from '../setting-versions.ts';
import type { Queries, SqlDatabase } from '../sql-database.ts';
import { keyOf } from '../tree-keys.ts';
import { alertsOn, listAlerts, recordOf } from './alert-rows.ts';
import { countedVotes } from './counted-votes.ts';
import { tell, untell } from './deliveries.ts';
import { targetsOf } from './target-store.ts';

/** Alerts that are not closed are held in memory, and shown. */
const MOST_OPEN = 20_000;

export function createAlertStore(database: SqlDatabase, audit: AuditDeps): AlertStore {
  const changes = createChanges(database, audit, writesOn, 'asked');
  return {
    ...readsOn(database.queries),
    change: changes.change,
    noteAgain: (seen, held) =>
      database.transaction(async (queries) => {
        await requireHeld(database, queries, held);
        const noted = await note(queries);
        for (const { id, last, times } of seen)
          await queries
            .updateTable('alerts')
            .set({ last_at: last, times, noted })
            .where('id', '=', id)
            .where('closed_at', 'is', null)
            .execute();
      }),
  };
}

const readsOn = (queries: Queries): AlertReads => ({
  noted: () => queries.selectFrom('alerts_noted').select(['version', 'rules']).executeTakeFirstOrThrow(),
  async changedSince(version) {
    // Sorted here: asked for in the order of keys, SQLite reads every alert there ever was.
    const rows = await alertsOn(queries).select('a.noted').where('a.noted', '>', version).execute();
    return rows
      .map((row) => ({ ...recordOf(row), noted: row.noted }))
      .sort((one, other) => one.key - other.key);
  },
  open: async () =>
    (
      await alertsOn(queries).where('a.cause', 'is not', null).orderBy('a.key').limit(MOST_OPEN).execute()
    ).map(recordOf),
  list: (filter, limit) => listAlerts(queries, filter, limit),
  async alert(id) {
    const row = await alertsOn(queries).where('a.id', '=', id).executeTakeFirst();
    return row && recordOf(row);
  },
  comments: (alertKey) =>
    queries
      .selectFrom('alert_comments')
      .select(['made_at as at', 'made_by as by', 'text'])
      .where('alert_key', '=', alertKey)
      .orderBy('key')
      .execute(),
  async settledSince(at) {
    const rows = await queries
      .selectFrom('alerts')
      .select(({ fn }) => ['kind', 'node', fn.max('closed_at').as('at')])
      .where('closed_at', '>=', at)
      .where('closed_by', '<>', 'gateway')
      .groupBy(['kind', 'node'])
      .execute();
    return rows.map((row) => ({ kind: row.kind as AlertKind, node: row.node, at: Number(row.at) }));
  },
  ruleVersions: () => settingVersions(queries, 'alert_rule_versions'),
  countedVotes: (windowKey, fromMs) => countedVotes(queries, windowKey, fromMs),
});

const writesOn = (queries: Queries): AlertTx => {
  const reads = readsOn(queries);
  return {
    ...reads,
    async add({ unitId, isUrgent, detail, begin, last, openedAt, ...alert }) {
      const unit_key = await keyOf(queries, 'units', unitId);
      const { numInsertedOrUpdatedRows = 0n } = await queries
        .insertInto('alerts')
        .values({
          ...{ ...alert, unit_key, cause: causeOf(alert), urgent: isUrgent ? 1 : 0 },
          ...{ begin_at: begin, last_at: last, opened_at: openedAt, detail: JSON.stringify(detail) },
        })
        .onConflict((conflict) => conflict.column('cause').doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) return null;
      await mark(queries, alert.id);
      return (await reads.alert(alert.id)) ?? null;
    },
    async acknowledge(id, at, by) {
      const { numUpdatedRows } = await queries
        .updateTable('alerts')
        .set({ acknowledged_at: at, acknowledged_by: by })
        .where('id', '=', id)
        .where('cause', 'is not', null)
        .where('acknowledged_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) await mark(queries, id);
      return numUpdatedRows > 0n;
    },
    async close(id, { at, by, why }) {
      const { numUpdatedRows } = await queries
        .updateTable('alerts')
        .set({ cause: null, closed_at: at, closed_by: by, closed_why: why })
        .where('id', '=', id)
        .where('cause', 'is not', null)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) await mark(queries, id);
      return numUpdatedRows > 0n;
    },
    async comment(alertKey, { at, by, text }) {
      await queries
        .insertInto('alert_comments')
        .values({ alert_key: alertKey, made_at: at, made_by: by, text })
        .execute();
    },
    async addRules(version) {
      await addSettingVersion(queries, 'alert_rule_versions', 'alert rules', version);
      await queries
        .updateTable('alerts_noted')
        .set({ rules: await note(queries) })
        .execute();
    },
    targets: () => targetsOf(queries),
    tell: (deliveries) => tell(queries, deliveries),
    untell: (alertKey, now) => untell(queries, alertKey, now),
  };
};

/** One after another on both databases: who has seen a version can read all that was changed up to it. */
async function note(queries: Queries): Promise<number> {
  const { version } = await queries
    .updateTable('alerts_noted')
    .set(({ eb }) => ({ version: eb('version', '+', 1) }))
    .returning('version')
    .executeTakeFirstOrThrow();
  return version;
}

async function mark(queries: Queries, id: string): Promise<void> {
  const noted = await note(queries);
  await queries.updateTable('alerts').set({ noted }).where('id', '=', id).execute();
}
