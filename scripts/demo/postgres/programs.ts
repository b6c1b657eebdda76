/** The programs of PostgreSQL on this machine, and as whom they run: it refuses root. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DemoError } from '../demo-error.ts';
import type { User } from '../processes/child.ts';

export type Programs = { path(program: string): string; user: User | null };

const DEBIAN = '/usr/lib/postgresql';
const NEEDED = ['initdb', 'postgres', 'pg_basebackup'];
/** On every system. */
const NOBODY: User = { uid: 65_534, gid: 65_534 };

/** @throws DemoError with what to install. */
export function findPrograms(): Programs {
  const folder = folders().find((each) => NEEDED.every((program) => existsSync(join(each, program))));
  if (folder === undefined)
    throw new DemoError(
      'postgres-missing',
      [
        `--province needs a PostgreSQL server of this machine (${NEEDED.join(', ')}), which is not there.`,
        '  Debian, Ubuntu:  sudo apt-get install --no-install-recommends postgresql haproxy',
        '  macOS:           brew install postgresql haproxy',
        '  elsewhere:       PostgreSQL 14 or newer, with its programs on the path',
      ].join('\n'),
    );
  return { path: (program) => join(folder, program), user: serverUser() };
}

/** Debian keeps the programs of each version apart, and off the path. The newest first. */
function folders(): string[] {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  return [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
}

/** Null where the programs may run as whoever runs the demo. */
function serverUser(): User | null {
  if (process.geteuid?.() !== 0) return null;
  const idOf = (what: '-u' | '-g') => spawnSync('id', [what, 'postgres'], { encoding: 'utf8' }).stdout.trim();
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  return uid !== '' && gid !== '' ? { uid: Number(uid), gid: Number(gid) } : NOBODY;
}
