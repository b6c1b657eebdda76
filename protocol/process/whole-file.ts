/** Secrets on disk: readable by their owner only, whole or not there at all. */
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
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Writes the file unless it is there. @returns what is there now, whoever wrote it. */
export function createOnce(path: string, content: string): string {
  const draft = writeDraft(path, content);
  try {
    // Unlike a rename, a link never takes the place of what another process has made meanwhile.
    linkSync(draft, path);
    syncFolder(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8');
}

export function replace(path: string, content: string): void {
  renameSync(writeDraft(path, content), path);
  syncFolder(path);
}

function writeDraft(path: string, content: string): string {
  makeFolder(dirname(path));
  const draft = `${path}.${process.pid}`;
  const file = openSync(draft, 'w', 0o600);
  try {
    giveToFolderOwner(file, path);
    // Whole or not at all: a single write to a disk that fills up is cut short without an error.
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}

function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
