// One setup at a time in a checkout: two `npm ci` at once would ruin node_modules for both.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 2_000;
/** A holder that has not touched the file for so long is gone, whoever has its process id now. */
const STALE_MS = 30_000;
const RETRY_MS = 250;

/** Runs `work` while holding the lock file `path`; says so once through `onWait` when another setup holds it. */
export async function withLock(path, onWait, work) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryTake(path)) {
    const holder = holderOf(path);
    if (holder !== null && isGone(holder)) {
      removeStale(path, holder);
      continue;
    }
    if (!told && holder !== null) onWait(holder.pid);
    told = true;
    await sleep(RETRY_MS);
  }
  const beat = setInterval(() => touch(path), BEAT_MS);
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.removeListener('exit', release);
    release();
  }
}

function tryTake(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(path) {
  try {
    return { pid: Number(readFileSync(path, 'utf8')), touchedMs: statSync(path).mtimeMs };
  } catch {
    return null;
  }
}

function isGone({ pid, touchedMs }) {
  if (Date.now() - touchedMs > STALE_MS) return true;
  // The file exists a moment before its content.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Renames first: only one of several waiters can move the same file, and none removes a lock that was taken since. */
function removeStale(path, holder) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    const moved = Number(readFileSync(aside, 'utf8'));
    if (moved !== holder.pid) renameSync(aside, path);
    else rmSync(aside);
  } catch {
    // Another waiter was faster.
  }
}

function touch(path) {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Removed by hand: nothing to keep alive.
  }
}
