/** Can these files be used? Looked at before anything is written, so that what is wrong is said and nothing has changed. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HostFault } from './fault.ts';
import { describeNotOurs } from './owner-names.ts';
import { explainSystemError } from './system-fault.ts';

export type Access = 'read' | 'write';

/**
 * @param folder is there, or can be made (for `write`). @param files those of them that are there must be readable, and
 * writable. @throws HostFault `storage-not-ours`, `storage-read-only`, `folder-invalid`.
 */
export function assertUsable(folder: string, files: readonly string[], access: Access): void {
  const found = nearest(folder);
  if (!found.isFolder)
    throw new HostFault('folder-invalid', `${found.path} is a file: ${folder} cannot be a folder`);
  const { R_OK, W_OK, X_OK } = constants;
  const isThere = found.path === folder;
  tryAccess(found.path, (isThere ? R_OK : 0) | X_OK | (access === 'write' ? W_OK : 0), folder, isThere);
  if (!isThere) return;
  for (const file of files) {
    const kind = statSync(file, { throwIfNoEntry: false });
    if (kind === undefined) continue;
    const wanted = kind.isDirectory() ? R_OK | X_OK : R_OK;
    tryAccess(file, wanted | (access === 'write' ? W_OK : 0), folder, true);
  }
}

function tryAccess(path: string, mode: number, folder: string, isThere: boolean): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      const message = isThere
        ? describeNotOurs(path, folder)
        : `${folder} cannot be made: ${describeNotOurs(path).replace(/: run .*/, '')}: make it, and give it to whoever runs this`;
      throw new HostFault('storage-not-ours', message, { cause: error });
    }
    throw toFault(error);
  }
}

/** The folder, or the one above it that is there. */
function nearest(path: string): { path: string; isFolder: boolean } {
  try {
    return { path, isFolder: statSync(path).isDirectory() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) return nearest(dirname(path));
    if (code === 'ENOTDIR') return nearest(dirname(path));
    throw toFault(error);
  }
}

function toFault(error: unknown): unknown {
  const told = explainSystemError(error);
  return told === null ? error : new HostFault(told.code, told.message, { cause: error });
}
