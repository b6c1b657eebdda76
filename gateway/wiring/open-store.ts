/** The database that the settings name, ready for votes. */
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createTokenBuckets } from '../domain/token-buckets.ts';
import { openPostgresStore, type PostgresStore } from '../store/postgres/postgres-store.ts';
import type { AuditDeps } from '../store/sql/changes.ts';
import { databaseFile } from '../store/sqlite/sqlite-store.ts';
import { type CheckedStore, logAuditHead, openCheckedStore } from './checked-store.ts';

export type StoreConfig = Pick<Config, 'dataDir' | 'database' | 'sealKey' | 'sealKeyFile'>;

/** @throws StoreFailure */
export async function openStore(
  { dataDir, database, sealKey, sealKeyFile }: StoreConfig,
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
  const nonsenseLog = createTokenBuckets(1 / 60, 30);
  const nonsense = () => {
    if (nonsenseLog.take(0, performance.now()))
      log.warn(
        { code: 'notice-unknown' },
        'something that is no gateway tells gateways something: it is left out',
      );
  };
  const store = await openPostgresStore({
    ...{ address: database, dataDir, sealKey, sealKeyFile },
    ...{ audit, migrates: true, nonsense },
  });
  sayOfKeys(store.ownKeys, dataDir, log);
  try {
    await logAuditHead(store, log);
  } catch (error) {
    await store.close();
    throw error;
  }
  // PostgreSQL looks after its own pages.
  return { store, repair: async () => false, goOn() {}, stopCheck() {} };
}

function sayOfKeys({ adopted, leftBehind }: PostgresStore['ownKeys'], dataDir: string, log: Logger): void {
  if (adopted.length > 0)
    log.info(
      { keys: adopted, dataDir },
      'the keys of the data folder are in the database from now on, sealed: their files are not read any more',
    );
  if (leftBehind.length > 0)
    log.warn(
      { code: 'keys-left-behind', keys: leftBehind, dataDir },
      'the data folder has other keys than the database: they are not used',
    );
}
