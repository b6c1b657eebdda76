/** The demo's child processes: started with a log file each, watched, and ended in order. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { withoutSettings } from '../../foreign-settings.ts';
import type { Keeper } from './keeper.ts';

export type Ending = { name: string; logPath: string; code: number | null; signal: NodeJS.Signals | null };

export type Child = {
  name: string;
  ended: Promise<Ending>;
  /** SIGKILL: nothing is put in order. */
  kill(): Promise<Ending>;
  /** In good order, and SIGKILL when that has not helped in time, or when somebody is in a hurry. */
  stop(graceMs: number, hurried: AbortSignal): Promise<Ending>;
};

/** Somebody else of the machine. */
export type User = { uid: number; gid: number };

export type ChildOptions = {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  logPath: string;
  keeper: Keeper;
  /** Whether it has a session of its own, so that Ctrl-C reaches the demo alone, which ends its parts in order. */
  isApart: boolean;
  /** What ends it in good order: SIGTERM where nothing is said. */
  endSignal?: NodeJS.Signals;
  user?: User | null;
};

export function startChild(
  { name, command, args, env, logPath, keeper, isApart, endSignal = 'SIGTERM', user }: ChildOptions,
  stdio: StdioOptions,
): { child: Child; process: ChildProcess } {
  const child = spawn(command, args, {
    env: { ...withoutSettings(process.env), ...env },
    stdio,
    detached: isApart,
    ...(user && { ...user, cwd: '/' }),
  });
  const { pid } = child;
  if (pid !== undefined) keeper.started(pid, endSignal);
  const ended = new Promise<Ending>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      if (pid !== undefined) keeper.ended(pid);
      resolve({ name, logPath, code, signal });
    };
    child.on('error', () => end(null, null));
    // Not 'exit': what it has said last is to be in its log.
    child.on('close', end);
  });
  const kill = () => {
    child.kill('SIGKILL');
    return ended;
  };
  const stop = async (graceMs: number, hurried: AbortSignal) => {
    child.kill(endSignal);
    const hurry = () => void kill();
    if (hurried.aborted) hurry();
    hurried.addEventListener('abort', hurry);
    const timer = setTimeout(hurry, graceMs);
    const ending = await ended;
    clearTimeout(timer);
    hurried.removeEventListener('abort', hurry);
    return ending;
  };
  return { child: { name, ended, kill, stop }, process: child };
}

export function describe({ name, logPath, code, signal }: Ending): string {
  return `${name} ended with ${signal ?? `code ${code}`}. Its log: ${logPath}`;
}
