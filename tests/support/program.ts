/** Our programs as whoever starts them meets them: their exit status, and every word. */
import { type ChildProcess, spawn } from 'node:child_process';
import { reap } from './reaper.ts';
import { until } from './wait.ts';

const FILES = {
  gateway: 'gateway/run/main.js',
  manyi: 'gateway/run/manyi.js',
  terminal: 'terminal/main.js',
  demo: 'scripts/demo.js',
};

/** On a machine that does much else at the same time. */
const START_MS = 60_000;

export type ProgramName = keyof typeof FILES;
export const programFile = (name: ProgramName): string =>
  new URL(`../../dist/${FILES[name]}`, import.meta.url).pathname;

export type ProgramOptions = {
  args?: string[];
  env?: Record<string, string>;
  /** Of Node.js itself, before the program. */
  nodeArgs?: string[];
  user?: { uid: number; gid: number } | undefined;
  /** What it runs under, e.g. `['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh']`. */
  under?: string[];
  cwd?: string;
};

export type Program = {
  child: ChildProcess;
  out(): string;
  err(): string;
  /** With its exit code. */
  ended: Promise<number | null>;
  /** Waits for a word in what it says; rejects with all it said when it ends before. */
  says(text: string): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

/** Ports are free ones, on this machine only, unless the environment says otherwise. */
export function startProgram(name: ProgramName, options: ProgramOptions = {}): Program {
  const { args = [], env = {}, nodeArgs = [], user, under = [], cwd } = options;
  const command = [...under, process.execPath, ...nodeArgs, programFile(name), ...args];
  const ports = { MANYI_HTTP_PORT: '0', MANYI_MQTT_PORT: '0', MANYI_MQTT_HOST: '127.0.0.1' };
  const child = spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, ...ports, MANYI_LOG_LEVEL: 'info', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...user,
    ...(cwd === undefined ? {} : { cwd }),
  });
  reap(child);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (data) => {
    out += String(data);
  });
  child.stderr?.on('data', (data) => {
    err += String(data);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  let over = false;
  void ended.then(() => {
    over = true;
  });
  return {
    child,
    out: () => out,
    err: () => err,
    ended,
    async says(text) {
      await until(`${name} to say ${text}`, () => over || (out + err).includes(text), {
        timeoutMs: START_MS,
      });
      if (!(out + err).includes(text)) throw new Error(`${name} ended without ${text}:\n${out}${err}`);
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

export type Ending = { code: number | null; out: string; err: string };

/** Until it has ended by itself. */
export async function runProgram(name: ProgramName, options: ProgramOptions = {}): Promise<Ending> {
  const program = startProgram(name, options);
  program.child.stdin?.end();
  const code = await program.ended;
  return { code, out: program.out(), err: program.err() };
}

/** One coded sentence, and no stack. */
export const SENTENCE = (code: string): RegExp => new RegExp(`^${code}: [^\\n]+\\n$`);
