/** The files of a data folder, and whether this process may use them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Access, assertUsable } from '../../protocol/process/access.ts';

/** The setting, for both programs that have it. */
export const DATA_DIR = { name: 'MANYI_DATA_DIR', fallback: './data', help: 'folder of the database' };

/** For an installation of several gateways; the data folder then holds what is its gateway's own. */
export const DATABASE = {
  name: 'MANYI_DATABASE',
  help: 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE, instead of a database in the data folder',
};

const FILES = [
  'manyi.db',
  'manyi.db-wal',
  'manyi.db-shm',
  'audit.key',
  'audit.key.new',
  'seal.key',
  'gateway.lock',
];

/** Where the certificates of a data folder's gateway are, with their keys. */
export const pkiIn = (dataDir: string): string => join(dataDir, 'pki');

/**
 * Before anything is opened, so that nothing has changed when it is refused. @param access `write` for a folder that is to be
 * made when it is not there. @throws HostFault, e.g. `storage-not-ours`.
 */
export function assertDataFolder(dataDir: string, access: Access): void {
  const files = FILES.map((name) => join(dataDir, name));
  const pki = pkiIn(dataDir);
  assertUsable(dataDir, [...files, pki], access);
  assertUsable(dataDir, keysIn(pki), 'read');
}

function keysIn(pki: string): string[] {
  try {
    return readdirSync(pki).map((name) => join(pki, name));
  } catch {
    return [];
  }
}
