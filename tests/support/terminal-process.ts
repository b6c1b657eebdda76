/** A real terminal process at a keyboard. What it has thanked and refused is counted over all its lives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Rating } from '../../protocol/vote.ts';
import type { TerminalLogin, TestGateway } from './gateway.ts';
import { reap } from './reaper.ts';
import { terminalEnv } from './terminal-settings.ts';
import { until } from './wait.ts';

const AGENT = new URL('../../dist/terminal/main.js', import.meta.url).pathname;
export const RATING_OF_KEY = { '1': 'satisfied', '2': 'basically', '3': 'unsatisfied' } as const;
export type Key = keyof typeof RATING_OF_KEY;

export type LogLine = { level: number; msg: string; code?: string; seq?: number } & Record<string, unknown>;

export type TerminalProcess = {
  readonly login: TerminalLogin;
  readonly journalPath: string;
  /** Settings beyond the usual; changes hold from the next `start`. */
  readonly env: Record<string, string>;
  /** Of the life that runs now. */
  pid(): number;
  isRunning(): boolean;
  /** Resolves when its inputs run. Rejects with its log when it ends before. */
  start(): Promise<void>;
  /** Resolves with its exit code when it has ended; does nothing when it does not run. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Presses, and waits for the thank-you. */
  press(key: Key): Promise<void>;
  /** Presses, and waits until it is said that the press was not taken. */
  pressInVain(key: Key): Promise<void>;
  /** Presses several in a row (about 90 ms each), and waits until each is thanked or refused. */
  pressMany(keys: readonly Key[]): Promise<void>;
  /** Puts presses into the keyboard and waits for nothing. */
  type(keys: readonly Key[]): void;
  pressed(): number;
  thanked(): number;
  /** Numbers of the thanked votes, oldest first. */
  thankedSeqs(): number[];
  /** Presses that were said not to be taken. */
  refused(): number;
  /** Presses that had no answer yet when the process ended: each may be stored or not. */
  cutOff(): number;
  /** Ratings of the presses that `press` saw thanked. */
  counts(): Record<Rating, number>;
  /** What this life has logged. */
  log(): string;
  lines(): LogLine[];
  /** Is it connected and subscribed, as far as its log says? */
  isConnected(): boolean;
};

export type TerminalOptions = {
  gateway: Pick<TestGateway, 'mqttPort'>;
  login: TerminalLogin;
  /** Its journal is made in here. */
  folder: string;
  /** Other settings of the agent, or of what it runs under (a fake clock, a preload). */
  env?: Record<string, string>;
  /** What the agent runs under, e.g. `['strace', '-D', …]`; gets node and its arguments appended. */
  command?: readonly string[];
  /** Instead of the gateway's own port: a proxy's. */
  port?: number;
  /** Where its log goes instead of to `log()`: its answers are then counted on its screen. */
  logTo?: number;
  /** Where its screen goes. */
  screenTo?: number;
};

export async function startTerminal(options: TerminalOptions): Promise<TerminalProcess> {
  const terminal = createTerminal(options);
  await terminal.start();
  return terminal;
}

export function createTerminal(options: TerminalOptions): TerminalProcess {
  const { gateway, login, folder, command = [] } = options;
  const env = { ...options.env };
  const journalPath = env.MANYI_JOURNAL ?? join(folder, `${login.id}.db`);
  const thankedSeqs: number[] = [];
  const counts: Record<Rating, number> = { satisfied: 0, basically: 0, unsatisfied: 0 };
  let [pressed, refused, cutOff] = [0, 0, 0];
  let child: ChildProcess | null = null;
  let log = '';
  let lines: LogLine[] = [];
  let partial = '';
  let connected = false;

  const takeLine = (text: string) => {
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine;
    } catch {
      return; // Not the agent's: a tracer's, or a crash.
    }
    lines.push(line);
    if (line.msg === 'press thanked') thankedSeqs.push(line.seq as number);
    if (line.msg === 'press not taken') refused += 1;
    if (line.msg === 'gateway connected') connected = true;
    if (line.code === 'gateway-lost') connected = false;
  };
  const takeLog = (data: Buffer) => {
    log += String(data);
    const parts = (partial + String(data)).split('\n');
    partial = parts.pop() ?? '';
    parts.forEach(takeLine);
  };
  const takeScreen = (data: Buffer) => {
    for (const line of String(data).split('\n')) {
      if (line.includes('Thank you')) thankedSeqs.push(thankedSeqs.length + 1);
      if (line.includes('Not taken')) refused += 1;
    }
  };
  const type = (keys: readonly Key[]) => {
    if (child === null) throw new Error(`terminal ${login.id} does not run`);
    pressed += keys.length;
    child.stdin?.write(keys.join(''));
  };
  const answered = () => thankedSeqs.length + refused;
  const isRunning = () => child !== null && child.exitCode === null && child.signalCode === null;

  return {
    login,
    journalPath,
    env,
    pid: () => child?.pid as number,
    isRunning,
    async start() {
      log = '';
      lines = [];
      partial = '';
      connected = false;
      const [program = process.execPath, ...args] = [...command, process.execPath, AGENT];
      const started = spawn(program, args, {
        env: {
          ...process.env,
          ...terminalEnv(login, options.port ?? gateway.mqttPort),
          MANYI_INPUTS: 'keyboard',
          ...env,
          MANYI_JOURNAL: journalPath,
        },
        stdio: [
          'pipe',
          options.screenTo ?? (options.logTo === undefined ? 'ignore' : 'pipe'),
          options.logTo ?? 'pipe',
        ],
      });
      started.stderr?.on('data', takeLog);
      if (options.logTo !== undefined) started.stdout?.on('data', takeScreen);
      started.stdin?.on('error', () => {});
      child = reap(started);
      // What is pressed before its inputs run is pressed when they do.
      if (options.logTo !== undefined) return;
      await until(`terminal ${login.id} to be ready`, () => {
        if (log.includes('"terminal ready"')) return 'ready';
        return isRunning() ? null : 'ended';
      });
      if (!log.includes('"terminal ready"'))
        throw new Error(`terminal ${login.id} ended (${started.exitCode}) before it was ready:\n${log}`);
    },
    async end(signal = 'SIGTERM') {
      const ending = child;
      if (ending === null) return null;
      // Its last words are in the pipe still when it has exited: "close" comes after them.
      const closed = new Promise((resolve) => ending.once('close', resolve));
      if (isRunning()) ending.kill(signal);
      if ((ending.stderr ?? ending.stdout)?.closed !== true) await closed;
      child = null;
      connected = false;
      cutOff = pressed - answered();
      return ending.exitCode;
    },
    async press(key) {
      const before = thankedSeqs.length;
      type([key]);
      await until('the thank-you', () => thankedSeqs.length > before);
      counts[RATING_OF_KEY[key]] += 1;
    },
    async pressInVain(key) {
      const before = refused;
      type([key]);
      await until('the word that the press was not taken', () => refused > before);
    },
    async pressMany(keys) {
      const target = answered() + keys.length;
      type(keys);
      await until(`the answers to ${keys.length} presses`, () => answered() >= target, {
        timeoutMs: 15_000 + keys.length * 300,
      });
    },
    type,
    pressed: () => pressed,
    thanked: () => thankedSeqs.length,
    thankedSeqs: () => [...thankedSeqs],
    refused: () => refused,
    cutOff: () => cutOff,
    counts: () => ({ ...counts }),
    log: () => log,
    lines: () => lines,
    isConnected: () => connected && isRunning(),
  };
}
