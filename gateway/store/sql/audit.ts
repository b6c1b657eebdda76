/** The audit: rows that are only ever added, each chained to the one before it (audit-chain.ts), the last one signed. */

import type { AuditEntry } from '../audit.ts';
import { BEGINNING, type Head, headMac, isGenuineHead, rowHash } from '../audit-chain.ts';
import { StoreFailure } from '../failures.ts';
import { storable } from '../text.ts';
import type { Queries } from './sql-database.ts';

/** In a transaction, which the caller has begun. @throws StoreFailure `audit-key-missing`. */
export async function appendAudit(queries: Queries, key: Buffer | null, entry: AuditEntry): Promise<void> {
  if (!key)
    throw new StoreFailure(
      'audit-key-missing',
      'the key of the audit is gone: put audit.key of a backup back into the data folder; nothing that needs an audit is done without it',
    );
  const { at } = entry;
  // As it will be read, or its hash would not hold.
  const [actor, origin, action, target] = [entry.actor, entry.origin, entry.action, entry.target].map(
    storable,
  ) as [string, string, string, string];
  const { seq, prior } = await nextPlace(queries, key);
  const detail = JSON.stringify(entry.detail);
  const hash = rowHash(key, seq, { at, actor, origin, action, target, detail, prior });
  await queries
    .insertInto('audit')
    .values({ seq, at, actor, origin, action, target, detail, prior, hash })
    .execute();
  const head = { seq, hash, mac: headMac(key, seq, hash) };
  await queries
    .insertInto('audit_head')
    .values({ key: 1, ...head })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(head))
    .execute();
}

/**
 * Where the next row goes. After an end that does not hold, work goes on, but never over the traces: a number is left
 * out, which no verification overlooks.
 */
async function nextPlace(queries: Queries, key: Buffer): Promise<{ seq: number; prior: Buffer }> {
  const head: Head | undefined = await queries
    .selectFrom('audit_head')
    .select(['seq', 'hash', 'mac'])
    .where('key', '=', 1)
    .executeTakeFirst();
  const newest = await queries
    .selectFrom('audit')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const highest = newest?.seq ?? 0;
  if (!head || !isGenuineHead(key, head)) return { seq: highest + 2, prior: BEGINNING };
  return { seq: Math.max(head.seq, highest) + 1, prior: head.hash };
}
