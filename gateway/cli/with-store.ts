import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Audit, type By, createAudit } from '../people/audit.ts';
import { createSqliteStore, databaseFile } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';

/** What a command works with beside the store: `by` is who the audit says it was. */
export type CliContext = { json: boolean; by: By; audit: Audit; dataDir: string };

/** Runs a command on the store of the data folder that was named, and closes it. */
export type WithStore = (
  act: (store: Store, json: boolean, context: CliContext) => void | Promise<void>,
) => Promise<void>;

export function createWithStore(program: Command): WithStore {
  return async (act) => {
    const { json = false, ...options } = program.opts<{ json?: boolean; dataDir: string }>();
    const dataDir = resolve(options.dataDir);
    const store = createSqliteStore({ file: databaseFile(dataDir) });
    try {
      const audit = createAudit(store, Date.now);
      await act(store, json, { json, by: { actor: `cli:${userName()}`, origin: 'local' }, audit, dataDir });
    } finally {
      store.close();
    }
  };
}

/** Of the operating system. A container may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
