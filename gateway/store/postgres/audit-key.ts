/** The key of the audit's chain, which every gateway on the database has. */

import { type Head, isGenuineHead } from '../audit-chain.ts';
import { AUDIT_KEY_BYTES, newAuditKey } from '../audit-key-file.ts';
import { StoreFailure } from '../failures.ts';
import type { KeyStore } from '../keys.ts';
import type { Connection } from './connection.ts';

/** Of a chain that has begun: signed, and with a line or an account that nobody could have made without one. */
const BEGUN = 'SELECT EXISTS (SELECT FROM audit) OR EXISTS (SELECT FROM accounts) AS "hasBegun"';
const HEAD = 'SELECT seq, hash, mac FROM audit_head WHERE key = 1 AND octet_length(mac) > 0';

/** The signed end of the chain; undefined where nobody has signed one. */
export async function readSignedHead(connection: Connection): Promise<Head | undefined> {
  const [head] = await connection.rows<Head>({ text: HEAD });
  return head;
}

/**
 * Made when the audit has never been written; null when it has, and the key is not there: a new one would hide what the old one
 * proves. @throws StoreFailure `audit-key-foreign`, `audit-key-damaged`.
 */
export async function openAuditKey(connection: Connection, keys: KeyStore): Promise<Buffer | null> {
  let key = await keys.read('audit');
  const head = await readSignedHead(connection);
  if (!key) {
    const [found] = await connection.rows<{ hasBegun: boolean }>({ text: BEGUN });
    if (head || found?.hasBegun) return null;
    key = await keys.putOnce('audit', newAuditKey());
  }
  refuseForeign(key, head, keys.place('audit'));
  return key;
}

/** @throws StoreFailure `audit-key-foreign`, `audit-key-damaged`. */
export function refuseForeign(key: Buffer, head: Head | undefined, place: string): void {
  if (key.length !== AUDIT_KEY_BYTES)
    throw new StoreFailure(
      'audit-key-damaged',
      `${place} has ${key.length} bytes, not ${AUDIT_KEY_BYTES}: put the one of a backup back`,
    );
  if (head && !isGenuineHead(key, head))
    throw new StoreFailure(
      'audit-key-foreign',
      `${place} is not the key of this database's audit: take the one that it was begun with, of a backup say`,
    );
}
