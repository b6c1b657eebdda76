/** One gateway a data folder: two would give out the same keys, and each would show scores without the other's votes. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { assertDataFolder } from './data-folder.ts';
import { StoreFailure } from './failures.ts';
import { makePrivate } from './private-file.ts';
import { failure } from './sqlite/database.ts';

/** A gateway that is being replaced may take a moment to end. */
const WAIT_MS = 2_000;

/**
 * Claims the folder until it is released or the process ends, however it ends. @throws StoreFailure `data-in-use`; HostFault for a
 * folder that cannot be used.
 */
export function claimDataDir(dataDir: string): { release(): void } {
  const claim = claimFolder(dataDir, 'gateway.lock', WAIT_MS);
  if (claim) return claim;
  throw new StoreFailure(
    'data-in-use',
    `another gateway runs on ${dataDir}: stop it, or set MANYI_DATA_DIR to another folder`,
  );
}

/**
 * By a lock of the operating system on an empty SQLite file: a process id that was left behind belongs to somebody else before
 * long, in a container at once. @returns null when another process has it. @throws StoreFailure, HostFault for a folder that cannot be used.
 */
export function claimFolder(dataDir: string, name: string, waitMs: number): { release(): void } | null {
  assertDataFolder(dataDir, 'write');
  const file = join(dataDir, name);
  makePrivate(file);
  const lock = new Database(file, { timeout: waitMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (/^SQLITE_(BUSY|LOCKED)/.test((error as { code?: string }).code ?? '')) return null;
    throw failure(error);
  }
  return { release: () => void lock.close() };
}
