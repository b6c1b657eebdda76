/** What waits to be sent, as rows: bounded, the oldest is dropped first. */
import {
  type Delivery,
  type DeliveryState,
  MOST_KEPT,
  MOST_WAITING,
  MOST_WAITING_A_TARGET,
  type NewDelivery,
} from '../../alert-targets.ts';
import type { Queries } from '../sql-database.ts';

const DROPPED = { state: 'dropped', code: 'queue-full' } as const;

/** @returns how many older ones were dropped for them. */
export async function tell(queries: Queries, deliveries: readonly NewDelivery[]): Promise<number> {
  for (const { targetKey, alertKey, madeAt, dueAt, ...delivery } of deliveries)
    await queries
      .insertInto('alert_deliveries')
      .values({
        ...{ ...delivery, target_key: targetKey, alert_key: alertKey, made_at: madeAt, due_at: dueAt },
        state: 'waiting',
      })
      .execute();
  let dropped = 0;
  const now = deliveries[0]?.madeAt ?? 0;
  for (const targetKey of new Set(deliveries.map((one) => one.targetKey)))
    dropped += await dropOldest(queries, now, MOST_WAITING_A_TARGET, targetKey);
  if (deliveries.length > 0) dropped += await dropOldest(queries, now, MOST_WAITING, null);
  // A target that is gone for good has nothing sent, after which the others are forgotten.
  if (dropped > 0) await forgetDone(queries, MOST_KEPT);
  return dropped;
}

/** Of what has been sent, given up or dropped, all but the latest. @returns how many were forgotten. */
export async function forgetDone(queries: Queries, keep: number): Promise<number> {
  const first = await queries
    .selectFrom('alert_deliveries')
    .select('key')
    .where('state', '<>', 'waiting')
    .orderBy('key', 'desc')
    .offset(keep)
    .limit(1)
    .executeTakeFirst();
  if (!first) return 0;
  const { numDeletedRows } = await queries
    .deleteFrom('alert_deliveries')
    .where('state', '<>', 'waiting')
    .where('key', '<=', first.key)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function dropOldest(
  queries: Queries,
  now: number,
  most: number,
  targetKey: number | null,
): Promise<number> {
  let waiting = queries
    .selectFrom('alert_deliveries')
    .select('key')
    .where('state', '=', 'waiting')
    .orderBy('key', 'desc')
    .offset(most)
    .limit(MOST_WAITING);
  if (targetKey !== null) waiting = waiting.where('target_key', '=', targetKey);
  const [first] = await waiting.execute();
  if (!first) return 0;
  let drop = queries
    .updateTable('alert_deliveries')
    .set({ ...DROPPED, done_at: now })
    .where('state', '=', 'waiting')
    .where('key', '<=', first.key);
  if (targetKey !== null) drop = drop.where('target_key', '=', targetKey);
  return Number((await drop.executeTakeFirst()).numUpdatedRows);
}

/** @returns the targets that have been told of this alert, or are about to be. */
export async function untell(
  queries: Queries,
  alertKey: number,
  now: number,
): Promise<{ toldTargetKeys: number[] }> {
  await queries
    .deleteFrom('alert_deliveries')
    .where('alert_key', '=', alertKey)
    .where('state', '=', 'waiting')
    .where('attempts', '=', 0)
    .where('due_at', '>', now)
    .execute();
  const rows = await queries
    .selectFrom('alert_deliveries')
    .select('target_key as targetKey')
    .distinct()
    .where('alert_key', '=', alertKey)
    .where('state', 'in', ['waiting', 'sent'])
    .execute();
  return { toldTargetKeys: rows.map(({ targetKey }) => targetKey) };
}

export const deliveriesOn = (queries: Queries) =>
  queries
    .selectFrom('alert_deliveries as d')
    .select([
      ...(['d.key', 'd.id', 'd.event', 'd.body', 'd.attempts', 'd.state', 'd.code', 'd.note'] as const),
      'd.target_key as targetKey',
      'd.alert_key as alertKey',
      'd.made_at as madeAt',
      'd.due_at as dueAt',
      'd.done_at as doneAt',
    ]);

export const deliveryOf = <Row extends { state: string }>(row: Row & Omit<Delivery, 'state'>): Delivery => ({
  ...row,
  state: row.state as DeliveryState,
});
