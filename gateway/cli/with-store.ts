import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { By } from '../store/changes.ts';
import { refuseMissing } from '../store/sqlite/database.ts';
import {
  createSqliteReader,
  createSqliteStore,
  databaseFile,
  type SqliteStore,
} from '../store/sqlite/sqlite-store.ts';
import { cliActor } from './actor.ts';

/** What a command works with beside the store: `by` is who the audit says it was. */
export type CliContext = { json: boolean; by: By; dataDir: string };

export type StoreAct = (store: SqliteStore, json: boolean, context: CliContext) => void | Promise<void>;

/** Runs a command on the store of the data folder that was named, and closes it. @throws StoreFailure `storage-missing`. */
export type WithStore = {
  (act: StoreAct): Promise<void>;
  /** For what may be the first thing that a data folder holds: it is made when it is not there. */
  beginning(act: StoreAct): Promise<void>;
  /** For a command that changes nothing: it makes and writes nothing either. */
  reading(act: StoreAct): Promise<void>;
};

export function createWithStore(program: Command): WithStore {
  const runOn = async (open: (file: string) => SqliteStore, act: StoreAct) => {
    const { json = false, ...options } = program.opts<{ json?: boolean; dataDir: string }>();
    const dataDir = resolve(options.dataDir);
    const store = open(databaseFile(dataDir));
    try {
      await act(store, json, { json, by: cliActor(), dataDir });
    } finally {
      store.close();
    }
  };
  const open = (file: string) => createSqliteStore({ file });
  const openExisting = (file: string) => {
    refuseMissing(file);
    return open(file);
  };
  return Object.assign((act: StoreAct) => runOn(openExisting, act), {
    beginning: (act: StoreAct) => runOn(open, act),
    reading: (act: StoreAct) => runOn(createSqliteReader, act),
  });
}
