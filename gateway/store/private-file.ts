/** Databases that only their owner may open: SQLite makes them readable for everyone, and its logs as it finds the database. */
import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFile, makeFolder } from '../../protocol/process/owner.ts';

/** For everyone but the owner and the group, whom somebody may have let in on purpose. */
const OTHERS = 0o007;

/** Makes the file, if it is not there, and the folder. A folder that is there is whoever made it's to open or close. */
export function makePrivate(file: string): void {
  makeFolder(dirname(file));
  makeFile(file, 0o600);
  const { mode } = statSync(file);
  if ((mode & OTHERS) !== 0) chmodSync(file, mode & 0o770);
}
