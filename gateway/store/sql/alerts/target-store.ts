/** Those who are told of alerts, and what waits for them, in SQL that both databases understand. */
import { sql } from 'kysely';
import type { AlertKind } from '../../../../protocol/alert.ts';
import type { AlertTarget, TargetReads, TargetStore, TargetTx } from '../../alert-targets.ts';
import { type AuditDeps, createChanges } from '../changes.ts';
import type { Queries, SqlDatabase } from '../sql-database.ts';
import { keyOf } from '../tree-keys.ts';
import { deliveriesOn, deliveryOf, forgetDone, tell } from './deliveries.ts';

export function createTargetStore(database: SqlDatabase, audit: AuditDeps): TargetStore {
  const { queries } = database;
  return {
    ...readsOn(queries),
    change: createChanges(database, audit, writesOn, 'asked').change,
    async due(now) {
      const targets = new Map((await targetsOf(queries)).map((target) => [target.key, target]));
      if (targets.size === 0) return [];
      const { rows } = await sql<{ key: number }>`
        SELECT key FROM (
          SELECT key, row_number() OVER (PARTITION BY target_key ORDER BY due_at, key) AS place
          FROM alert_deliveries WHERE state = 'waiting' AND due_at <= ${now}) AS first
        WHERE place = 1`.execute(queries);
      if (rows.length === 0) return [];
      const found = await deliveriesOn(queries)
        .innerJoin('alert_targets as t', 't.key', 'd.target_key')
        .select('t.sealed')
        .where(
          'd.key',
          'in',
          rows.map(({ key }) => key),
        )
        .where('t.retry_at', '<=', now)
        .orderBy('d.key')
        .execute();
      return found.flatMap(({ sealed, ...row }) => {
        const delivery = deliveryOf(row);
        const target = targets.get(delivery.targetKey);
        return target ? { delivery, target, sealed } : [];
      });
    },
    noteOutcome: ({ key, targetKey }, outcome) =>
      database.transaction(async (tx) => {
        const done = outcome.state === 'waiting' ? null : outcome.at;
        const { code, note } = outcome.state === 'sent' ? { code: null, note: null } : outcome;
        await tx
          .updateTable('alert_deliveries')
          .set(({ eb }) => ({
            ...{ attempts: eb('attempts', '+', 1), state: outcome.state, code, note, done_at: done },
          }))
          .where('key', '=', key)
          .where('state', '=', 'waiting')
          .execute();
        await tx
          .updateTable('alert_targets')
          .set(({ eb }) =>
            outcome.state === 'waiting'
              ? { failures: eb('failures', '+', 1), retry_at: outcome.retryAt }
              : { failures: 0, retry_at: 0 },
          )
          .where('key', '=', targetKey)
          .execute();
      }),
    forgetDone: (keep) => database.transaction((tx) => forgetDone(tx, keep)),
  };
}

/** Those that are not removed, in the order in which they were made. */
export async function targetsOf(queries: Queries): Promise<AlertTarget[]> {
  const rows = await queries
    .selectFrom('alert_targets as t')
    .leftJoin('units as u', 'u.key', 't.unit_key')
    .select(['t.key', 't.id', 't.channel', 't.name', 't.address', 't.kinds', 't.language', 't.failures'])
    .select(['t.unit_key as unitKey', 'u.id as unitId', 't.made_at as madeAt', 't.made_by as madeBy'])
    .select('t.retry_at as retryAt')
    .where('t.removed_at', 'is', null)
    .orderBy('t.key')
    .execute();
  return rows.map(({ channel, language, kinds, ...row }) => ({
    ...row,
    channel: channel as AlertTarget['channel'],
    language: language as AlertTarget['language'],
    kinds: kinds === null ? null : (JSON.parse(kinds) as AlertKind[]),
  }));
}

const readsOn = (queries: Queries): TargetReads => ({
  targets: () => targetsOf(queries),
  async deliveries(limit, targetKey) {
    let found = deliveriesOn(queries).orderBy('d.key', 'desc').limit(limit);
    if (targetKey !== undefined) found = found.where('d.target_key', '=', targetKey);
    return (await found.execute()).map(deliveryOf);
  },
});

const writesOn = (queries: Queries): TargetTx => ({
  ...readsOn(queries),
  async add({ unitId, kinds, madeAt, madeBy, ...target }) {
    const unit_key = unitId === null ? null : await keyOf(queries, 'units', unitId);
    await queries
      .insertInto('alert_targets')
      .values({
        ...{ ...target, unit_key, made_at: madeAt, made_by: madeBy },
        kinds: kinds === null ? null : JSON.stringify(kinds),
      })
      .execute();
  },
  async remove(id, at) {
    const row = await queries
      .updateTable('alert_targets')
      .set({ removed_at: at, sealed: null })
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .returning('key')
      .executeTakeFirst();
    if (!row) return false;
    await queries
      .updateTable('alert_deliveries')
      .set({ state: 'dropped', code: 'target-removed', done_at: at })
      .where('target_key', '=', row.key)
      .where('state', '=', 'waiting')
      .execute();
    return true;
  },
  async setSecret(id, sealed) {
    const { numUpdatedRows } = await queries
      .updateTable('alert_targets')
      .set({ sealed })
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  },
  tell: (deliveries) => tell(queries, deliveries),
});
