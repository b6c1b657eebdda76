/** The key of the audit's chain, beside an SQLite database. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder, writeNewFile } from '../../../protocol/process/whole-file.ts';
import { BEGINNING, headMac } from '../audit-chain.ts';
import { auditKeyIn, newAuditKey, readAuditKeyFile } from '../audit-key-file.ts';
import type { Connection } from './database.ts';

export function auditKeyFile(databaseFile: string): string {
  return auditKeyIn(dirname(databaseFile));
}

/** Null when there is none. @throws StoreFailure `audit-key-damaged`. */
export function readAuditKey(databaseFile: string): Buffer | null {
  return readAuditKeyFile(auditKeyFile(databaseFile));
}

/**
 * The key, made together with the signed end of an empty chain when the audit has never been written. A key that is gone
 * is not made anew (null): that would hide what the old one proves. Under the database's lock, so that two processes that
 * open a new folder at once make one key; a crash between the two files is gone on from.
 */
export function openAuditKey(db: Connection, databaseFile: string): Buffer | null {
  const found = readAuditKey(databaseFile);
  if (found) return found;
  const file = auditKeyFile(databaseFile);
  const fresh = `${file}.new`;
  const begin = db.transaction((): Buffer | null => {
    const others = readAuditKey(databaseFile);
    if (others) return others;
    // No account was ever made without a line in the audit: one that is empty beside them was emptied.
    const traces = 'SELECT 1 FROM audit_head UNION ALL SELECT 1 FROM audit UNION ALL SELECT 1 FROM accounts';
    const begun = db.prepare(traces).get() !== undefined;
    if (begun) return readAuditKeyFile(fresh);
    // Left by a process that ended before its transaction did.
    rmSync(fresh, { force: true });
    const key = newAuditKey();
    writeNewFile(fresh, key);
    syncFolder(dirname(file));
    db.prepare('INSERT INTO audit_head VALUES (1, 0, ?, ?)').run(BEGINNING, headMac(key, 0, BEGINNING));
    return key;
  });
  const key = begin.immediate();
  if (key && existsSync(fresh)) takePlace(fresh, file);
  return key;
}

function takePlace(fresh: string, file: string): void {
  try {
    renameSync(fresh, file);
  } catch (error) {
    // Another process that opened the folder at the same time was faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  syncFolder(dirname(file));
}
