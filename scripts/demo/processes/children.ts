/** The demo's child processes: started with a log file each, watched, and ended in order. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { withoutSettings } from '../../foreign-settings.ts';
import { DemoError } from '../demo-error.ts';
import { openLogFile } from './log-file.ts';

export type Ending = { name: string; logPath: string; code: number | null; signal: NodeJS.Signals | null };

export type Child = {
  name: string;
  ended: Promise<Ending>;
  /** SIGTERM, and SIGKILL when that has not helped in time, or when somebody is in a hurry. */
  stop(graceMs: number, hurried: AbortSignal): Promise<Ending>;
};

type ChildOptions = {
  name: string;
  script: string;
  env: Record<string, string>;
  logPath: string;
};

export type Ports = { httpPort: number; mqttPort: number };

/** The gateway: its standard output is its log. `ready` rejects when it ends before. */
export function startGateway(options: ChildOptions): { child: Child; ready: Promise<Ports> } {
  const { child, process: gateway } = start(options, ['ignore', 'pipe', 'pipe']);
  const file = openLogFile(options.logPath);
  const complaints: string[] = [];
  gateway.stderr!.on('data', (text: Buffer) => {
    if (complaints.length < 20) complaints.push(text.toString());
    file.write(text.toString());
  });
  const announced = new Promise<Ports>((resolve) => {
    createInterface({ input: gateway.stdout! }).on('line', (line) => {
      file.write(`${line}\n`);
      if (line.includes('"gateway ready"')) resolve(JSON.parse(line) as Ports);
    });
  });
  const failed = child.ended.then((ending): never => {
    throw new DemoError('gateway-failed', `${describe(ending)}\n${complaints.join('').trimEnd()}`);
  });
  return { child, ready: Promise.race([announced, failed]) };
}

/** The terminal at this keyboard: the terminal's own input and output are ours, its log (standard error) is not. */
export function startKeyboardTerminal(options: ChildOptions): Child {
  const { child, process: terminal } = start(options, ['inherit', 'inherit', 'pipe']);
  const file = openLogFile(options.logPath);
  terminal.stderr!.on('data', (text: Buffer) => file.write(text.toString()));
  return child;
}

export function describe({ name, logPath, code, signal }: Ending): string {
  return `${name} ended with ${signal ?? `code ${code}`}. Its log: ${logPath}`;
}

function start(
  { name, script, env, logPath }: ChildOptions,
  stdio: ('ignore' | 'inherit' | 'pipe')[],
): { child: Child; process: ChildProcess } {
  const child = spawn(process.execPath, [script], {
    env: { ...withoutSettings(process.env), ...env },
    stdio,
  });
  const ended = new Promise<Ending>((resolve) => {
    child.on('error', () => resolve({ name, logPath, code: null, signal: null }));
    // Not 'exit': what it has said last is to be in its log.
    child.on('close', (code, signal) => resolve({ name, logPath, code, signal }));
  });
  const stop = async (graceMs: number, hurried: AbortSignal) => {
    child.kill('SIGTERM');
    const kill = () => void child.kill('SIGKILL');
    if (hurried.aborted) kill();
    hurried.addEventListener('abort', kill);
    const timer = setTimeout(kill, graceMs);
    const ending = await ended;
    clearTimeout(timer);
    hurried.removeEventListener('abort', kill);
    return ending;
  };
  return { child: { name, ended, stop }, process: child };
}
