/**
 * Real PostgreSQL servers, in a folder of their own and on a Unix socket in it: a primary, with a synchronous standby where that is
 * asked for. As root they run as another user, because PostgreSQL refuses root. For what measures and what tests.
 */
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './processes.ts';
import { run, serverUser } from './programs.ts';
import { createServer, PORT, type Server, SUPERUSER } from './server.ts';

export type Cluster = {
  primary: Server;
  /** What the primary's commits wait for; null where it has none. */
  standby: Server | null;
  /** A database of a new name: empty, or as another is that nobody has open. */
  createDatabase(template?: string): Promise<string>;
  dispose(): Promise<void>;
};

export type ClusterOptions = { standby?: boolean; settings?: Record<string, string> };

const STANDBY = 'standby';

/** A folder that the servers' user has for itself. */
type Own = (name: string) => string;
type Settings = (socket: string) => Record<string, string>;

export async function startCluster({
  standby = false,
  settings = {},
}: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-pg-'));
  const own: Own = (name) => {
    const path = join(folder, name);
    mkdirSync(path, { mode: 0o700 });
    if (serverUser) chownSync(path, serverUser.uid, serverUser.gid);
    return path;
  };
  if (serverUser) chownSync(folder, serverUser.uid, serverUser.gid);
  const settingsOf: Settings = (socket) => ({
    listen_addresses: '',
    unix_socket_directories: socket,
    port: String(PORT),
    max_connections: '100',
    shared_buffers: '64MB',
    ...settings,
  });
  const servers: Server[] = [];
  const dispose = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [data, socket] = [own('primary'), own('primary.socket')];
    run('initdb', ['-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
    const primary = createServer(socket, data, settingsOf(socket));
    servers.push(primary);
    await primary.start();
    let follower: Server | null = null;
    if (standby) follower = await follow(primary, socket, own, settingsOf, servers);
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
  own: Own,
  settingsOf: Settings,
  servers: Server[],
): Promise<Server> {
  const [data, socket] = [own('standby'), own('standby.socket')];
  const from = `host=${primarySocket} port=${PORT} user=${SUPERUSER} application_name=${STANDBY}`;
  run('pg_basebackup', [
    ...['-D', data, '-d', from, '-R', '-C', '-S', STANDBY],
    ...['-X', 'stream', '-c', 'fast', '--no-sync'],
  ]);
  const standby = createServer(socket, data, settingsOf(socket));
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
