/** Whoever decides, as the account is in this transaction: it may have been changed while its request was on the way. */
import { isRole } from '../../../domain/roles.ts';
import type { Decider } from '../../reviews.ts';
import type { Queries } from '../sql-database.ts';

/** A tree is not deeper than that. */
const DEPTH = 32;

export async function deciderOf(
  queries: Queries,
  accountName: string,
  windowKey: number,
): Promise<Decider | undefined> {
  const account = await queries
    .selectFrom('accounts')
    .select(['role', 'unit_key as unitKey', 'disabled_at as disabledAt'])
    .where('name', '=', accountName)
    .executeTakeFirst();
  if (!account || !isRole(account.role)) return undefined;
  const { role, unitKey, disabledAt } = account;
  const isAbove = unitKey === null || (await isBelow(queries, windowKey, unitKey));
  return { role, isDisabled: disabledAt !== null, isAbove };
}

async function isBelow(queries: Queries, windowKey: number, unitKey: number): Promise<boolean> {
  const serviceWindow = await queries
    .selectFrom('windows')
    .select('unit_key as key')
    .where('key', '=', windowKey)
    .executeTakeFirst();
  let key = serviceWindow?.key ?? null;
  for (let depth = 0; key !== null && depth < DEPTH; depth++) {
    if (key === unitKey) return true;
    const unit = await queries
      .selectFrom('units')
      .select('parent_key as parentKey')
      .where('key', '=', key)
      .executeTakeFirst();
    key = unit?.parentKey ?? null;
  }
  return false;
}
