/** Child processes of the bench, that speak in lines of JSON. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { withoutSettings } from '../foreign-settings.ts';

export type Line = Record<string, unknown>;

export type Child = {
  pid: number;
  /** The next line for which `wanted` holds. Rejects when the process ends before. */
  line(wanted: (line: Line) => boolean): Promise<Line>;
  write(text: string): void;
  /** SIGTERM, and SIGKILL to what does not heed it. */
  end(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
};

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// Ended by a signal as it is, a process tells nobody: the children would go on.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export function startChild(command: string, args: string[], env: Record<string, string> = {}): Child {
  const child = spawn(command, args, {
    env: { ...withoutSettings(process.env), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let complaints = '';
  let ended = false;
  const wake = () => {
    for (const check of waiting) check();
  };
  child.stderr.on('data', (text) => {
    complaints = (complaints + String(text)).slice(-4_000);
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (!text.startsWith('{')) return;
    lines.push(JSON.parse(text));
    wake();
  });
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => {
      running.delete(child);
      ended = true;
      wake();
      resolve();
    });
  });
  child.once('error', (error) => {
    complaints += error.message;
  });
  return {
    pid: child.pid ?? 0,
    line: (wanted) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const at = lines.findIndex(wanted);
          if (at < 0 && !ended) return;
          waiting.delete(check);
          if (at >= 0) resolve(lines.splice(at, 1)[0] as Line);
          else reject(new Error(`${command} ${args[0] ?? ''} ended:\n${complaints}`));
        };
        waiting.add(check);
        check();
      }),
    write: (text) => void child.stdin.write(text),
    async end() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Every Node.js process of the bench, the peers too, gets the flag that `npm start` gives the gateway. */
const NODE_FLAGS = ['--max-semi-space-size=32'];

export function startNode(script: string, args: string[] = [], env: Record<string, string> = {}): Child {
  const file = new URL(script, import.meta.url).pathname;
  return startChild(process.execPath, [...NODE_FLAGS, file, ...args], env);
}
