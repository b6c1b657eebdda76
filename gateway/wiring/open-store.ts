/** The database that the settings name, ready for votes. */
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { openPostgresStore } from '../store/postgres/postgres-store.ts';
import type { AuditDeps } from '../store/sql/changes.ts';
import { databaseFile } from '../store/sqlite/sqlite-store.ts';
import { type CheckedStore, logAuditHead, openCheckedStore } from './checked-store.ts';

/** @throws StoreFailure */
export async function openStore(
  { dataDir, database }: Pick<Config, 'dataDir' | 'database'>,
  audit: AuditDeps,
  log: Logger,
): Promise<CheckedStore> {
  const file = databaseFile(dataDir);
  if (database === null) return openCheckedStore(file, audit, log);
  if (existsSync(file))
    log.warn(
      { code: 'data-left-behind', file },
      'MANYI_DATABASE is set: what is in the database of the data folder is not looked at',
    );
  const nonsense = () =>
    log.warn(
      { code: 'notice-unknown' },
      'something that is no gateway tells gateways something: it is left out',
    );
  const store = await openPostgresStore({ address: database, dataDir, audit, migrates: true, nonsense });
  try {
    await logAuditHead(store, log);
  } catch (error) {
    await store.close();
    throw error;
  }
  // PostgreSQL looks after its own pages.
  return { store, repair: async () => false, goOn() {}, stopCheck() {} };
}
