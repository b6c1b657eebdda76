/** Who ends the demo's child processes when the demo itself is killed: a process that is killed ends nobody. */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Charge } from './keeper-process.ts';

export type Keeper = {
  /** @param signal what ends it soonest in good order */
  started(pid: number, signal: NodeJS.Signals): void;
  ended(pid: number): void;
  /** A folder that is of no use without the demo. */
  folder(path: string): void;
};

const SCRIPT = fileURLToPath(new URL('./keeper-process.js', import.meta.url));

export function startKeeper(): Keeper {
  // In a session of its own: neither Ctrl-C nor the end of the terminal line reaches it. It knows nothing but what it is told.
  const child = spawn(process.execPath, [SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  (child.stdin as Socket).unref();
  const tell = (charge: Charge) => child.stdin.write(`${JSON.stringify(charge)}\n`);
  return {
    started: (pid, signal) => void tell({ kind: 'started', pid, signal }),
    ended: (pid) => void tell({ kind: 'ended', pid }),
    folder: (path) => void tell({ kind: 'folder', path }),
  };
}
