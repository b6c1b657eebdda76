/**
 * How audit rows are chained. HMAC-SHA-256, not a plain hash: who can write the database but not read the key can make
 * neither a row nor an end of the chain that holds. Each row names the hash before it, so it can be proved by itself,
 * which is what tells a changed row from one that was removed or put in between.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** A row as it stands in the database; `detail` is its JSON text. */
export type ChainedRow = {
  seq: number;
  at: number;
  actor: string;
  origin: string;
  action: string;
  target: string;
  detail: string;
  prior: Buffer;
  hash: Buffer;
};

export type Head = { seq: number; hash: Buffer; mac: Buffer };

/** What stands before the first row. */
export const BEGINNING = Buffer.alloc(32);

export function rowHash(key: Buffer, seq: number, row: Omit<ChainedRow, 'seq' | 'hash'>): Buffer {
  const { at, actor, origin, action, target, detail, prior } = row;
  const fields = JSON.stringify([seq, at, actor, origin, action, target, detail]);
  return createHmac('sha256', key).update('row').update(prior).update(fields).digest();
}

/** Was the row made with this key, under the number `seq`? */
export function isGenuine(key: Buffer, row: ChainedRow, seq = row.seq): boolean {
  return row.prior.length === BEGINNING.length && same(rowHash(key, seq, row), row.hash);
}

export function headMac(key: Buffer, seq: number, hash: Buffer): Buffer {
  return createHmac('sha256', key).update('head').update(hash).update(String(seq)).digest();
}

export function isGenuineHead(key: Buffer, { seq, hash, mac }: Head): boolean {
  return same(headMac(key, seq, hash), mac);
}

export function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
