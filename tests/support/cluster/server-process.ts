/** One server of a set with all that it starts: as a user without rights, in a folder of its own, killed and frozen as a whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOBODY } from '../other-user.ts';
import { processesBelow, signalBelow, stopBelow } from '../processes-below.ts';
import { reap } from '../reaper.ts';
import { until } from '../wait.ts';
import type { Network } from './network.ts';

export type ServerProcess = {
  start(): void;
  /** SIGKILL, to everything of it at once. */
  kill(): Promise<void>;
  /** Everything of it stands still, and goes on with `resume`. */
  pause(): void;
  resume(): void;
  isRunning(): boolean;
  log(): string;
};

const other = process.getuid?.() === 0 ? NOBODY : null;

/** That its user may write into. */
export function ownFolder(...path: string[]): string {
  const folder = join(...path);
  mkdirSync(folder, { mode: 0o700, recursive: true });
  if (other) chownSync(folder, other.uid, other.gid);
  return folder;
}

export function ownFile(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  if (other) chownSync(path, other.uid, other.gid);
  return path;
}

export type ServerProgram = {
  /** It works in there, and so does all that it starts. */
  folder: string;
  command: string;
  args?: readonly string[];
  env?: Record<string, string>;
  /** The machine that it runs on, and whether it needs rights there. */
  on?: { network: Network; machine: number; asRoot?: boolean };
};

export function createServerProcess({ folder, env = {}, ...program }: ServerProgram): ServerProcess {
  const { on, args: own = [] } = program;
  const entered = on?.network.within?.(on.machine, program.command, own, on.asRoot);
  const { command, args } = entered ?? { command: program.command, args: own };
  let child: ChildProcess | null = null;
  let said = '';
  return {
    start() {
      said = '';
      const started = spawn(command, args, {
        // Entering another machine takes rights, which are given up there.
        ...(entered === undefined && other),
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C.UTF-8', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (bytes: Buffer) => {
          said = (said + bytes).slice(-50_000);
        });
      started.once('error', (error) => {
        said += error.message;
      });
      child = reap(started);
    },
    async kill() {
      // Standing still first: the others would end by themselves, in order, when the first of them is gone.
      stopBelow(folder);
      signalBelow(folder, 'SIGKILL');
      await until(`everything in ${folder} to end`, () => processesBelow(folder).length === 0);
      child = null;
    },
    pause: () => stopBelow(folder),
    resume: () => void signalBelow(folder, 'SIGCONT'),
    isRunning: () => child !== null && child.exitCode === null && child.signalCode === null,
    log: () => said,
  };
}
