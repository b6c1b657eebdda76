/** A second user of the machine: taking its place takes root, and a checkout that it may read. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Requirement } from './prerequisites.ts';
import { programFile } from './program.ts';

/** `nobody`, on every system. */
export const NOBODY = { uid: 65_534, gid: 65_534 };

export const OTHER_USERS: Requirement = {
  name: 'the right to run the programs as another user',
  howToGetIt: 'run the tests as root, in a checkout that everybody may read',
  isThere: () =>
    process.getuid?.() === 0 &&
    spawnSync(process.execPath, [programFile('gateway'), '--help'], { ...NOBODY, cwd: '/' }).status === 0,
};

/** A folder that everybody may look into. */
export function openFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o755);
  return folder;
}
