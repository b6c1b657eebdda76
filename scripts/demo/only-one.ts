import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { DemoError } from './demo-error.ts';

/**
 * Two demos with the same journals would give the same numbers to different votes. The claim is a lock of the operating system
 * on an empty SQLite file and ends with the process, however it ends: a process id that was left behind belongs to somebody
 * else before long, in a container at once. @returns the release
 */
export function claimDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const holder = join(dataDir, 'demo.pid');
  const lock = new Database(join(dataDir, 'demo.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!/^SQLITE_(BUSY|LOCKED)/.test((error as { code?: string }).code ?? '')) throw error;
    throw new DemoError(
      'data-dir-in-use',
      `another demo (process ${readText(holder)}) uses ${dataDir}. Stop it, or choose another folder with --data-dir.`,
    );
  }
  writeFileSync(holder, String(process.pid));
  return () => void lock.close();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return 'unknown';
  }
}
