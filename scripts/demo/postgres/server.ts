/** One PostgreSQL server on a Unix socket in a folder of its own: nobody else on the machine gets at it, and it takes no port. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DemoError } from '../demo-error.ts';
import { type Child, describe, type Ending, startChild } from '../processes/child.ts';
import type { Keeper } from '../processes/keeper.ts';
import { openLogFile } from '../processes/log-file.ts';
import type { Programs } from './programs.ts';

export const ADMINISTRATOR = 'postgres';
/** It is no more than a part of the socket's name. */
export const PORT = 5432;
const START_MS = 60_000;
const LOOK_EVERY_MS = 50;

export type ServerOptions = {
  name: string;
  programs: Programs;
  data: string;
  socket: string;
  /** Of the administrator. */
  password: string;
  logPath: string;
  keeper: Keeper;
};

export type Server = {
  readonly name: string;
  readonly data: string;
  readonly socket: string;
  /** Of the process that runs now, or ran last. */
  child(): Child | null;
  /** Resolves when it answers. @throws DemoError when it ends before. */
  start(): Promise<void>;
  /** One statement, as the administrator. */
  sql<R extends object>(text: string, database?: string): Promise<R[]>;
  /** One of PostgreSQL's programs, to its end. @throws DemoError */
  run(program: string, args: string[], env?: Record<string, string>): Promise<void>;
  /** SIGKILL to its first process: the others end when they see that. */
  kill(): Promise<Ending | null>;
  stop(graceMs: number, hurried: AbortSignal): Promise<void>;
};

export function createServer(options: ServerOptions): Server {
  const { name, programs, data, socket, password, logPath, keeper } = options;
  const log = openLogFile(logPath);
  let child: Child | null = null;

  const sql = async <R extends object>(text: string, database = 'postgres'): Promise<R[]> => {
    const client = new pg.Client({ host: socket, port: PORT, user: ADMINISTRATOR, password, database });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<R>(text)).rows;
    } finally {
      await client.end();
    }
  };

  const listen = ({ stdout, stderr }: ChildProcess) => {
    for (const stream of [stdout, stderr]) stream?.on('data', (text: Buffer) => log.write(text.toString()));
  };

  return {
    ...{ name, data, socket, sql },
    child: () => child,
    async start() {
      const settings = {
        listen_addresses: '',
        unix_socket_directories: socket,
        unix_socket_permissions: '0700',
        port: PORT,
        max_connections: 100,
        shared_buffers: '32MB',
      };
      const started = startChild(
        {
          ...{ name, logPath, keeper },
          command: programs.path('postgres'),
          args: [
            '-D',
            data,
            ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
          ],
          env: {},
          isApart: true,
          // A "fast shutdown"; SIGTERM would wait for all who are connected.
          endSignal: 'SIGINT',
          user: programs.user,
        },
        ['ignore', 'pipe', 'pipe'],
      );
      child = started.child;
      listen(started.process);
      let ending: Ending | null = null;
      void child.ended.then((reached) => {
        ending = reached;
      });
      const untilMs = performance.now() + START_MS;
      for (;;) {
        if (ending !== null) throw new DemoError('postgres-failed', describe(ending));
        const isThere = await sql('SELECT 1').then(
          () => true,
          () => false,
        );
        if (isThere) return;
        if (performance.now() > untilMs)
          throw new DemoError('postgres-failed', `${name} does not answer. Its log: ${logPath}`);
        await sleep(LOOK_EVERY_MS);
      }
    },
    async run(program, args, env = {}) {
      const { child: tool, process } = startChild(
        {
          ...{ name: program, args, logPath, keeper, isApart: true, user: programs.user },
          command: programs.path(program),
          env: { LC_ALL: 'C', ...env },
        },
        ['ignore', 'pipe', 'pipe'],
      );
      listen(process);
      const ending = await tool.ended;
      if (ending.code !== 0) throw new DemoError('postgres-failed', describe(ending));
    },
    kill: async () => (await child?.kill()) ?? null,
    async stop(graceMs, hurried) {
      await child?.stop(graceMs, hurried);
    },
  };
}
