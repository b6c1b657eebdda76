/** `npm run demo` from the outside: a process, what it says, and every process that it has started. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScoreRow, Scores } from '../../protocol/score.ts';
import { reap } from './reaper.ts';
import { until } from './wait.ts';

const SCRIPT = fileURLToPath(new URL('../../dist/scripts/demo.js', import.meta.url));

export type DemoRun = {
  readonly process: ChildProcessWithoutNullStreams;
  /** All that it has printed. */
  output(): string;
  /** A sentence that it prints some day; what was printed before `after` does not count. @throws Error with its output. */
  says(text: string | RegExp, options?: { timeoutMs?: number; after?: number }): Promise<string>;
  ended(timeoutMs?: number): Promise<number | null>;
  /** Of the wall's link; it is up when there is one. */
  scores(base: string): Promise<Map<string, ScoreRow>>;
};

export const newDemoFolder = () => mkdtempSync(join(tmpdir(), 'manyi-demo-'));

export function removeDemoFolder(folder: string): void {
  for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

export function startDemo(dataDir: string, ...args: string[]): DemoRun {
  const own = ['--http-port', '0', '--mqtt-port', '0', '--data-dir', dataDir];
  const demo = reap(spawn(process.execPath, [SCRIPT, ...own, ...args]));
  let output = '';
  for (const stream of [demo.stdout, demo.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const wait = async <T>(what: string, find: () => T | null, timeoutMs: number) => {
    try {
      return await until(what, find, { timeoutMs });
    } catch (error) {
      throw new Error(`${String(error)}. The demo said:\n${output}`);
    }
  };
  return {
    process: demo,
    output: () => output,
    says: (text, { timeoutMs = 20_000, after = 0 } = {}) =>
      wait(
        `the demo to say ${text}`,
        () => {
          const said = output.slice(after);
          return typeof text === 'string' ? said.includes(text) && text : (text.exec(said)?.[0] ?? null);
        },
        timeoutMs,
      ) as Promise<string>,
    async ended(timeoutMs = 20_000) {
      await wait('the demo to end', () => demo.exitCode !== null || demo.signalCode !== null, timeoutMs);
      return demo.exitCode;
    },
    async scores(base) {
      const [, token] = output.match(/\/wall\/#token=(\S+)/) ?? [];
      const response = await fetch(`${base}/api/v1/scores?period=today`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (!response.ok) throw new Error(`scores: ${response.status}`);
      const { rows } = (await response.json()) as Scores;
      return new Map(rows.map((row) => [row.id, row]));
    },
  };
}

/** Processes that were given this data folder, from their environments and command lines (Linux). */
export function processesOf(folder: string): number[] {
  return everyone().filter((pid) =>
    ['environ', 'cmdline'].some((file) => readOf(pid, file).includes(folder)),
  );
}

/** What can be read by everybody of whoever runs. */
export const commandLines = (): string[] => everyone().map((pid) => readOf(pid, 'cmdline'));

function everyone(): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number);
}

function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
