/** Files that are on the disk when the call returns: write, fsync, rename, fsync the folder. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { giveToFolderOwner } from '../../protocol/process/owner.ts';

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

/** A new file that only its owner may read; EEXIST when there is one. */
export function writeNewFile(path: string, content: Buffer | string): void {
  const handle = openSync(path, 'wx', 0o600);
  try {
    const bytes = Buffer.from(content);
    giveToFolderOwner(handle, path);
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
