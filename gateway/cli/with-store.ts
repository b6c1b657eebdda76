import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createSqliteStore, databaseFile } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';

/** Notes in the audit what the person at this command line has done. `detail` holds no secret. */
export type AuditCli = (action: string, target: string, detail: Record<string, unknown>) => void;

type Act = (store: Store, json: boolean, audit: AuditCli, dataDir: string) => void | Promise<void>;

/** Runs a command on the store of the data folder that was named, and closes it. */
export type WithStore = (act: Act) => Promise<void>;

export function createWithStore(program: Command): WithStore {
  return async (act) => {
    const options = program.opts<{ json?: boolean; dataDir: string }>();
    const dataDir = resolve(options.dataDir);
    const store = createSqliteStore({ file: databaseFile(dataDir) });
    const audit: AuditCli = (action, target, detail) =>
      store.appendAudit({ at: Date.now(), actor: `cli:${user()}`, origin: 'local', action, target, detail });
    try {
      await act(store, options.json === true, audit, dataDir);
    } finally {
      store.close();
    }
  };
}

function user(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry for this user id, as in many containers.
    return String(process.getuid?.() ?? 'unknown');
  }
}
