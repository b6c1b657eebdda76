/**
 * Real PostgreSQL servers, in a folder of their own and on a Unix socket in it: a primary, with a synchronous standby where that is
 * asked for. They sync to the disk as in earnest. As root they run as another user, because PostgreSQL refuses root.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { NOBODY } from './other-user.ts';
import type { Requirement } from './prerequisites.ts';
import { reap } from './reaper.ts';
import { until } from './wait.ts';

/** Of Debian's packages the newest; elsewhere what is on the path. */
function findBinaries(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return (
    folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ??
    null
  );
}

export const POSTGRES: Requirement = {
  name: 'PostgreSQL',
  howToGetIt: 'apt-get install postgresql, or put its programs on the path',
  isThere: () => findBinaries() !== null,
};

export type Server = {
  /** Of a database, for `createPostgresLedger`. */
  address(database: string): string;
  /** One statement, as the superuser. */
  sql<R extends object = Record<string, unknown>>(
    database: string,
    text: string,
    values?: unknown[],
  ): Promise<R[]>;
  /** SIGKILL, to every process of it at once. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Every process of it stands still, and goes on with `resume`. */
  pause(): void;
  resume(): void;
};

export type Cluster = {
  primary: Server;
  /** What the primary's commits wait for; null where it has none. */
  standby: Server | null;
  /** A database of a new name: empty, or as another is that nobody has open. */
  createDatabase(template?: string): Promise<string>;
  dispose(): Promise<void>;
};

const SUPERUSER = 'manyi';
const PORT = 5432;
const STANDBY = 'standby';

const other = process.getuid?.() === 0 ? NOBODY : null;
const asOther = other ?? {};

/** One of its programs, to its end. */
export function run(tool: string, args: string[]): void {
  const { status, stderr, stdout } = spawnSync(join(findBinaries() ?? '', tool), args, {
    ...asOther,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${tool} ended with ${status}: ${stderr}${stdout}`);
}

/** Each process of a server is in a session of its own, so that no signal reaches all. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

function signal(pids: number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended by itself.
    }
  }
}

function createServer(folder: string, data: string, settings: Record<string, string>) {
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
  const everyone = () => {
    const pid = child?.pid;
    return pid === undefined ? [] : [pid, ...childrenOf(pid)];
  };
  const server: Server & { stop(): Promise<void> } = {
    address,
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
      signal(everyone(), 'SIGSTOP');
      const all = everyone();
      signal(all, 'SIGKILL');
      await ended();
      await until('the processes of the server to end', () =>
        all.every((pid) => !existsSync(`/proc/${pid}/fd`) || isZombie(pid)),
      );
    },
    async start() {
      const args = [
        '-D',
        data,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ];
      said = '';
      const started = spawn(join(findBinaries() ?? '', 'postgres'), args, {
        ...asOther,
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = reap(started);
      const listen = (bytes: Buffer) => {
        said = (said + bytes).slice(-20_000);
      };
      started.stdout?.on('data', listen);
      started.stderr?.on('data', listen);
      await until(
        'the server to answer',
        async () => {
          if (started.exitCode !== null) throw new Error(`it has ended: ${said}`);
          return (await server.sql('postgres', 'SELECT 1')).length === 1;
        },
        { timeoutMs: 60_000 },
      );
    },
    pause: () => signal(everyone(), 'SIGSTOP'),
    resume: () => signal(everyone(), 'SIGCONT'),
    async stop() {
      signal(everyone(), 'SIGCONT');
      child?.kill('SIGQUIT');
      await ended();
    },
  };
  return server;
}

function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

export type ClusterOptions = { standby?: boolean; settings?: Record<string, string> };

export async function startCluster({
  standby = false,
  settings = {},
}: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-pg-'));
  const own = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path, { mode: 0o700 });
    if (other) chownSync(path, other.uid, other.gid);
    return path;
  };
  if (other) chownSync(folder, other.uid, other.gid);
  const common = (socket: string): Record<string, string> => ({
    listen_addresses: '',
    unix_socket_directories: socket,
    port: String(PORT),
    max_connections: '100',
    shared_buffers: '64MB',
    ...settings,
  });
  const servers: (Server & { stop(): Promise<void> })[] = [];
  const dispose = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [data, socket] = [own('primary'), own('primary-socket')];
    run('initdb', ['-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
    const primary = createServer(socket, data, common(socket));
    servers.push(primary);
    await primary.start();
    let follower: Server | null = null;
    if (standby) follower = await follow(primary, socket, own, common, servers);
    let databases = 0;
    return {
      primary,
      standby: follower,
      async createDatabase(template = 'template0') {
        databases += 1;
        const name = `test_${databases}`;
        await primary.sql('postgres', `CREATE DATABASE ${name} TEMPLATE ${template}`);
        return name;
      },
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The primary's commits wait for it from now on. */
async function follow(
  primary: Server,
  primarySocket: string,
  own: (name: string) => string,
  common: (socket: string) => Record<string, string>,
  servers: (Server & { stop(): Promise<void> })[],
): Promise<Server> {
  const [data, socket] = [own('standby'), own('standby-socket')];
  const from = `host=${primarySocket} port=${PORT} user=${SUPERUSER} application_name=${STANDBY}`;
  run('pg_basebackup', [
    '-D',
    data,
    '-d',
    from,
    '-R',
    '-C',
    '-S',
    STANDBY,
    '-X',
    'stream',
    '-c',
    'fast',
    '--no-sync',
  ]);
  const standby = createServer(socket, data, common(socket));
  servers.push(standby);
  await standby.start();
  await primary.sql('postgres', `ALTER SYSTEM SET synchronous_standby_names = '${STANDBY}'`);
  await primary.sql('postgres', 'SELECT pg_reload_conf()');
  await until('the standby to follow', async () => {
    const rows = await primary.sql('postgres', `SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'`);
    return rows.length === 1;
  });
  return standby;
}
