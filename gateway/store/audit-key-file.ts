/** The key of the audit's chain as a file in the data folder, for its owner only. It is never printed, and never in an SQLite database. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreFailure } from './failures.ts';

export const AUDIT_KEY_BYTES = 32;

export const auditKeyIn = (folder: string): string => join(folder, 'audit.key');

export const newAuditKey = (): Buffer => randomBytes(AUDIT_KEY_BYTES);

/** Null when there is none. @throws StoreFailure `audit-key-damaged`. */
export function readAuditKeyFile(file: string): Buffer | null {
  if (!existsSync(file)) return null;
  const key = readFileSync(file);
  if (key.length !== AUDIT_KEY_BYTES)
    throw new StoreFailure(
      'audit-key-damaged',
      `${file} has ${key.length} bytes, not ${AUDIT_KEY_BYTES}: put the one of a backup back`,
    );
  return key;
}
