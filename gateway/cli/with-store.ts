import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { By } from '../store/changes.ts';
import { StoreFailure } from '../store/failures.ts';
import { createKeyFolder } from '../store/key-folder.ts';
import type { KeyStore } from '../store/keys.ts';
import { openPostgresStore } from '../store/postgres/postgres-store.ts';
import { readSealSettings } from '../store/seal-settings.ts';
import { refuseMissing } from '../store/sqlite/database.ts';
import { createSqliteReader, createSqliteStore, databaseFile } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { cliActor } from './actor.ts';

/** What a command works with beside the store: `by` is who the audit says it was. */
export type CliContext = { json: boolean; by: By; dataDir: string };

export type StoreAct = (store: Store, json: boolean, context: CliContext) => void | Promise<void>;

/** Runs a command on the store that was named, and closes it. @throws StoreFailure `storage-missing`. */
export type WithStore = {
  (act: StoreAct): Promise<void>;
  /** For what may be the first thing that a data folder holds: it is made when it is not there. */
  beginning(act: StoreAct): Promise<void>;
  /** For a command that changes nothing: it makes and writes nothing either. */
  reading(act: StoreAct): Promise<void>;
  /** For one that reads the keys alone, which may be there before a database is. */
  keys(act: (keys: KeyStore, json: boolean) => Promise<void>): Promise<void>;
};

export type StoreOptions = { json?: boolean; dataDir: string; database?: string };
type Kind = 'changing' | 'beginning' | 'reading';

export function createWithStore(program: Command): WithStore {
  const runOn = (kind: Kind) => async (act: StoreAct) => {
    const { json = false, ...options } = program.opts<StoreOptions>();
    const dataDir = resolve(options.dataDir);
    const store = await open(kind, dataDir, options.database);
    try {
      await act(store, json, { json, by: cliActor(), dataDir });
    } finally {
      await store.close();
    }
  };
  const reading = runOn('reading');
  return Object.assign(runOn('changing'), {
    ...{ beginning: runOn('beginning'), reading },
    async keys(act: (keys: KeyStore, json: boolean) => Promise<void>) {
      const { json = false, dataDir, database } = program.opts<StoreOptions>();
      if (isElsewhere(database)) await reading(({ keys }) => act(keys, json));
      else await act(createKeyFolder(resolve(dataDir)), json);
    },
  });
}

async function open(kind: Kind, dataDir: string, address: string | undefined): Promise<Store> {
  if (isElsewhere(address))
    return openPostgresStore({
      ...{ address, dataDir, ...readSealSettings() },
      ...{ migrates: kind === 'beginning', onlyReads: kind === 'reading' },
    });
  const file = databaseFile(dataDir);
  if (kind === 'reading') return createSqliteReader(file);
  if (kind === 'changing') refuseMissing(file);
  return createSqliteStore({ file });
}

/** Not in the data folder. What is set to nothing counts as not set. */
export const isElsewhere = (address: string | undefined): address is string =>
  address !== undefined && address.trim() !== '';

/** For a command that is about the file in the data folder. @throws StoreFailure `database-elsewhere`. */
export function refuseElsewhere(program: Command, instead: string): void {
  if (isElsewhere(program.opts<StoreOptions>().database))
    throw new StoreFailure(
      'database-elsewhere',
      `MANYI_DATABASE is set, and this is for a data folder: ${instead}`,
    );
}
