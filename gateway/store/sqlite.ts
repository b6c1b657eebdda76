import { join } from 'node:path';
import { createAuditTable } from './audit-table.ts';
import { failure, openDatabase } from './database.ts';
import { createHistory } from './history.ts';
import { createOrgTable } from './org-table.ts';
import { createSourceTable } from './source-table.ts';
import type { Store } from './store.ts';
import { createVoteTable } from './vote-table.ts';

export function databaseFile(dataDir: string): string {
  return join(dataDir, 'manyi.db');
}

/** The store in one SQLite file. Several processes may open it (the gateway and its CLI); only the gateway writes votes. */
export function createSqliteStore({ file }: { file: string }): Store {
  const db = openDatabase(file);
  const probe = db.prepare('UPDATE probe SET at = at + 1');
  const { withSources, ...sources } = createSourceTable(db);
  const store: Store = {
    ...createOrgTable(db),
    ...sources,
    ...createVoteTable(db, withSources),
    ...createHistory(db, file),
    ...createAuditTable(db, file),
    foreignVersion: () => db.pragma('data_version', { simple: true }) as number,
    probe: () => void probe.run(),
    close: () => {
      db.pragma('optimize');
      db.close();
    },
  };
  return translateFailures(store);
}

/** Every error of SQLite leaves the store as a StoreFailure with a code. */
function translateFailures(store: Store): Store {
  const guard =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return call(...args);
      } catch (error) {
        throw failure(error);
      }
    };
  const guarded = Object.entries(store).map(([name, call]) => [name, guard(call as () => unknown)]);
  return Object.fromEntries(guarded) as Store;
}
