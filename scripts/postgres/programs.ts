/** The programs of PostgreSQL on this machine, and as whom they run: it refuses root. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Of Debian's packages the newest; elsewhere what is on the path. Null where there is none. */
export function findBinaries(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return (
    folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ??
    null
  );
}

/** `nobody`, on every system. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Null where the programs may run as whoever runs this. */
export const serverUser: { uid: number; gid: number } | null = process.getuid?.() === 0 ? NOBODY : null;

export const programOf = (tool: string): string => join(findBinaries() ?? '', tool);

/** One of its programs, to its end. */
export function run(tool: string, args: string[]): void {
  const { status, stderr, stdout } = spawnSync(programOf(tool), args, {
    ...serverUser,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${tool} ended with ${status}: ${stderr}${stdout}`);
}

/** … while this process goes on. */
export function runBeside(tool: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(programOf(tool), args, {
      ...serverUser,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (bytes) => {
      said = (said + String(bytes)).slice(-4_000);
    });
    child.once('error', reject);
    child.once('close', (status) =>
      status === 0 ? resolve() : reject(new Error(`${tool} ended with ${status}: ${said}`)),
    );
  });
}
