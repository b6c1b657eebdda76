/** Files that are on the disk when the call returns, whole or not there at all, and readable by their owner only. */
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { giveToFolderOwner, makeFolder } from './owner.ts';

export function readIfThere(path: string): string | null {
  return readBytesIfThere(path)?.toString('utf8') ?? null;
}

export function readBytesIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** In the place of what is there. The folder is made when it is missing. */
export function replaceFile(path: string, content: Buffer | string): void {
  const draft = writeDraft(path, content);
  try {
    renameSync(draft, path);
  } catch (error) {
    discard(draft);
    throw error;
  }
  syncFolder(dirname(path));
}

/** Writes the file unless it is there. @returns what is there now, whoever wrote it. */
export function createOnce(path: string, content: Buffer | string): Buffer {
  const draft = writeDraft(path, content);
  try {
    // Unlike a rename, a link never takes the place of what another process has made meanwhile.
    linkSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    discard(draft);
  }
  return readFileSync(path);
}

/** A file of which nobody reads before all of them are written: its folder is for the caller to sync. EEXIST when there is one. */
export function writeNewFile(path: string, content: Buffer | string): void {
  writeSynced(path, content, 'wx');
}

export function removeFile(path: string): void {
  rmSync(path, { force: true });
  syncFolder(dirname(path));
}

export function syncFolder(folder: string): void {
  syncFile(folder);
}

export function syncFile(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Of this process alone: another one may write the same file at the same time. */
function writeDraft(path: string, content: Buffer | string): string {
  makeFolder(dirname(path));
  const draft = `${path}.${process.pid}`;
  try {
    writeSynced(draft, content, 'w');
  } catch (error) {
    discard(draft);
    throw error;
  }
  return draft;
}

function writeSynced(path: string, content: Buffer | string, flags: 'w' | 'wx'): void {
  const handle = openSync(path, flags, 0o600);
  try {
    giveToFolderOwner(handle, path);
    // Whole or not at all: a single write to a disk that fills up is cut short without an error.
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** It may hold a secret, and a disk that is full has use for the room. */
function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // What went wrong before is what counts.
  }
}
