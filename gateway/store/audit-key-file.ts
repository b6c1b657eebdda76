/** The key of the audit's chain: a file in the data folder, for its owner only, never printed and never in the database. */
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder, writeNewFile } from '../../protocol/process/whole-file.ts';
import { StoreFailure } from './failures.ts';

const KEY_BYTES = 32;

export const auditKeyIn = (folder: string): string => join(folder, 'audit.key');

export const newAuditKey = (): Buffer => randomBytes(KEY_BYTES);

/** Null when there is none. @throws StoreFailure `audit-key-damaged`. */
export function readAuditKeyFile(file: string): Buffer | null {
  if (!existsSync(file)) return null;
  const key = readFileSync(file);
  if (key.length !== KEY_BYTES)
    throw new StoreFailure(
      'audit-key-damaged',
      `${file} has ${key.length} bytes, not ${KEY_BYTES}: put the one of a backup back`,
    );
  return key;
}

/** A key for a chain that begins. @returns the one that is there then, whoever has made it. */
export function makeAuditKeyFile(file: string): Buffer {
  const fresh = `${file}.${process.pid}`;
  writeNewFile(fresh, newAuditKey());
  try {
    // Unlike a rename, a link never takes the place of what another process has made meanwhile.
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh, { force: true });
    syncFolder(dirname(file));
  }
  return readAuditKeyFile(file) as Buffer;
}
