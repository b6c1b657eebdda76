/** The key of the audit's chain. It is every gateway's on the database, and in none of its tables: each has a copy of the file. */

import { type Head, isGenuineHead } from '../audit-chain.ts';
import { auditKeyIn, makeAuditKeyFile, readAuditKeyFile } from '../audit-key-file.ts';
import { StoreFailure } from '../failures.ts';
import type { Connection } from './connection.ts';

/** Of a chain that has begun: signed, and with a line or an account that nobody could have made without one. */
const BEGUN = 'SELECT EXISTS (SELECT FROM audit) OR EXISTS (SELECT FROM accounts) AS "hasBegun"';
const HEAD = 'SELECT seq, hash, mac FROM audit_head WHERE key = 1 AND octet_length(mac) > 0';

/**
 * Made when the audit has never been written; null when it has, and the key is not there: a new one would hide what the old one
 * proves. @throws StoreFailure `audit-key-foreign`, `audit-key-damaged`.
 */
export async function openAuditKey(connection: Connection, folder: string): Promise<Buffer | null> {
  const file = auditKeyIn(folder);
  const [head] = await connection.rows<Head>({ text: HEAD });
  let key = readAuditKeyFile(file);
  if (!key) {
    const [found] = await connection.rows<{ hasBegun: boolean }>({ text: BEGUN });
    if (head || found?.hasBegun) return null;
    key = makeAuditKeyFile(file);
  }
  if (head && !isGenuineHead(key, head))
    throw new StoreFailure(
      'audit-key-foreign',
      `${file} is not the key of this database's audit: copy the one of another gateway on it, or of a backup`,
    );
  return key;
}
