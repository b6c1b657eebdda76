/** One gateway a data folder: two would give out the same keys, and each would show scores without the other's votes. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { assertDataFolder } from './data-folder.ts';
import { failure } from './database.ts';
import { makePrivate } from './private-file.ts';
import { StoreFailure } from './store.ts';

/** A gateway that is being replaced may take a moment to end. */
const WAIT_MS = 2_000;

/**
 * Claims the folder until it is released or the process ends, however it ends: the claim is a lock of the operating system
 * on an empty SQLite file. @throws StoreFailure `data-in-use`; HostFault for a folder that cannot be used.
 */
export function claimDataDir(dataDir: string): { release(): void } {
  assertDataFolder(dataDir, 'write');
  const file = join(dataDir, 'gateway.lock');
  makePrivate(file);
  const lock = new Database(file, { timeout: WAIT_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!/^SQLITE_(BUSY|LOCKED)/.test((error as { code?: string }).code ?? '')) throw failure(error);
    const message = `another gateway runs on ${dataDir}: stop it, or set MANYI_DATA_DIR to another folder`;
    throw new StoreFailure('data-in-use', message, { cause: error });
  }
  return { release: () => void lock.close() };
}
