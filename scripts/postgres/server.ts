/** One server on a Unix socket in a folder of its own. It syncs to the disk as in earnest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import pg from 'pg';
import { familyOf, hasEnded, signal, until } from './processes.ts';
import { programOf, serverUser } from './programs.ts';

export type Server = {
  /** Of a database, for `createPostgresLedger`. */
  address(database: string): string;
  readonly socketPath: string;
  /** One statement, as the superuser. */
  sql<R extends object = Record<string, unknown>>(
    database: string,
    text: string,
    values?: unknown[],
  ): Promise<R[]>;
  /** Every process of it. */
  pids(): number[];
  /** SIGKILL, to every process of it at once. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Every process of it stands still, and goes on with `resume`. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
};

export const SUPERUSER = 'manyi';
export const PORT = 5432;

/** Those of a program that failed before it ended them are ended with it. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function createServer(folder: string, data: string, settings: Record<string, string>): Server {
  let child: ChildProcess | null = null;
  let said = '';
  const address = (database: string) =>
    `postgresql://${SUPERUSER}@/${database}?host=${encodeURIComponent(folder)}&port=${PORT}`;
  const ended = async () => {
    const one = child;
    if (one && one.exitCode === null && one.signalCode === null)
      await new Promise((resolve) => one.once('exit', resolve));
    child = null;
  };
  const pids = () => {
    const pid = child?.pid;
    return pid === undefined ? [] : familyOf(pid);
  };
  const server: Server = {
    address,
    socketPath: join(folder, `.s.PGSQL.${PORT}`),
    pids,
    async sql<R extends object>(database: string, text: string, values: unknown[] = []) {
      const client = new pg.Client({ connectionString: address(database) });
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query<R>(text, values)).rows;
      } finally {
        await client.end();
      }
    },
    async kill() {
      // Standing still first: the others would end by themselves when the first of them is gone.
      signal(pids(), 'SIGSTOP');
      const all = pids();
      signal(all, 'SIGKILL');
      await ended();
      await until('the processes of the server to end', () => all.every(hasEnded));
    },
    async start() {
      const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      said = '';
      const started = spawn(programOf('postgres'), ['-D', data, ...options], {
        ...serverUser,
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      running.add(started);
      started.once('exit', () => running.delete(started));
      const listen = (bytes: Buffer) => {
        said = (said + bytes).slice(-20_000);
      };
      started.stdout.on('data', listen);
      started.stderr.on('data', listen);
      await until(
        'the server to answer',
        async () => started.exitCode !== null || (await server.sql('postgres', 'SELECT 1')).length === 1,
        60_000,
      );
      if (started.exitCode !== null) throw new Error(`the server has ended: ${said}`);
    },
    pause: () => signal(pids(), 'SIGSTOP'),
    resume: () => signal(pids(), 'SIGCONT'),
    async stop() {
      signal(pids(), 'SIGCONT');
      child?.kill('SIGQUIT');
      await ended();
    },
  };
  return server;
}
