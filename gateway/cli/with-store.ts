import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createSqliteStore, databaseFile } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';

/** Runs a command on the store of the data folder that was named, and closes it. */
export type WithStore = (act: (store: Store, json: boolean) => void) => void;

export function createWithStore(program: Command): WithStore {
  return (act) => {
    const { json, dataDir } = program.opts<{ json?: boolean; dataDir: string }>();
    const store = createSqliteStore({ file: databaseFile(resolve(dataDir)) });
    try {
      act(store, json === true);
    } finally {
      store.close();
    }
  };
}
