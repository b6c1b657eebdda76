/**
 * What root makes in somebody's folder is that somebody's, so that a command that was once run as root does not lock the service
 * out. SQLite does the same for its logs: they are its database's owner's.
 */
import { closeSync, fchownSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HostFault } from './fault.ts';
import { nameOfUser } from './owner-names.ts';

/**
 * Through the handle of what was just made: a path could lead elsewhere by now. Does nothing unless this is root.
 * @throws HostFault `owner-not-kept` where even root may not.
 */
export function giveToFolderOwner(handle: number, path: string): void {
  if (process.geteuid?.() !== 0) return;
  const folder = statSync(dirname(path));
  const made = fstatSync(handle);
  if (made.uid === folder.uid && made.gid === folder.gid) return;
  try {
    fchownSync(handle, folder.uid, folder.gid);
  } catch (error) {
    const owner = nameOfUser(folder.uid);
    throw new HostFault(
      'owner-not-kept',
      `${path} cannot be given to ${owner}, whose folder it is in: run this as ${owner}`,
      { cause: error },
    );
  }
}

/** An empty file, unless there is one. */
export function makeFile(path: string, mode: number): void {
  let handle: number;
  try {
    handle = openSync(path, 'ax', mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  try {
    giveToFolderOwner(handle, path);
  } finally {
    closeSync(handle);
  }
}

/** With those above it that are missing; each takes the owner of the one that it is in. One that is there stays as it is. */
export function makeFolder(path: string, mode = 0o700): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path), mode);
    makeFolder(path, mode);
    return;
  }
  const handle = openSync(path, 'r');
  try {
    giveToFolderOwner(handle, path);
  } finally {
    closeSync(handle);
  }
}
