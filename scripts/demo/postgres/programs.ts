/** The programs of PostgreSQL on this machine, and as whom the demo runs them: it refuses root. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findBinaries, serverUser } from '../../postgres/programs.ts';
import { DemoError } from '../demo-error.ts';
import type { User } from '../processes/child.ts';

export type Programs = { path(program: string): string; user: User | null };

const NEEDED = ['initdb', 'postgres', 'pg_basebackup'];

/** @throws DemoError with what to install. */
export function findPrograms(): Programs {
  const folder = findBinaries();
  if (folder === null || !NEEDED.every((program) => existsSync(join(folder, program))))
    throw new DemoError(
      'postgres-missing',
      [
        `--province needs a PostgreSQL server of this machine (${NEEDED.join(', ')}), which is not there.`,
        '  Debian, Ubuntu:  sudo apt-get install --no-install-recommends postgresql haproxy',
        '  macOS:           brew install postgresql haproxy',
        '  elsewhere:       PostgreSQL 14 or newer, with its programs on the path',
      ].join('\n'),
    );
  return { path: (program) => join(folder, program), user: serverUser && (debianUser() ?? serverUser) };
}

/** Whom its package makes: other services may run as nobody, and what is kept here stays. */
function debianUser(): User | null {
  const idOf = (what: '-u' | '-g') => spawnSync('id', [what, 'postgres'], { encoding: 'utf8' }).stdout;
  const [uid, gid] = [idOf('-u'), idOf('-g')].map(Number.parseFloat);
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid: uid!, gid: gid! } : null;
}
