/**
 * A primary and its synchronous standby: what is committed is on both. Who the primary is stands in one place, a link to the folder
 * of its socket, which is what gateways have for an address; in a city that is HAProxy's part, which asks Patroni.
 */
import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DemoError } from '../demo-error.ts';
import type { Keeper } from '../processes/keeper.ts';
import { makeDatabase, ROLE } from './make-database.ts';
import { makePlace } from './place.ts';
import { findPrograms } from './programs.ts';
import { openNotes, type ServerNumber } from './secrets.ts';
import { ADMINISTRATOR, createServer, PORT, type Server } from './server.ts';

export type PairState = {
  primary: ServerNumber;
  isUp: boolean;
  /** `joins`: it is being copied from the primary. */
  standby: 'follows' | 'joins' | 'none';
};

export type Pair = {
  /** Of the database, wherever the primary is; with its password. */
  readonly address: string;
  state(): PairState;
  server(which: 'primary' | 'standby'): Server;
  /** The primary, as it was left; made when there is none. Resolves when it takes votes. */
  start(): Promise<void>;
  /** The standby becomes the primary, and is alone then. */
  promote(): Promise<void>;
  /** The other server becomes the standby of the primary: what it had is no matter. */
  join(): Promise<void>;
  stop(graceMs: number, hurried: AbortSignal): Promise<void>;
};

const STANDBY = 'standby';
const FOLLOW_MS = 60_000;

/** @throws DemoError when PostgreSQL is not there. */
export function createPair(dataDir: string, keeper: Keeper): Pair {
  const programs = findPrograms();
  const notes = openNotes(dataDir);
  const place = makePlace(dataDir, programs.user);
  keeper.folder(place.passing);
  const { passwords } = notes.read();
  const serverOf = (number: ServerNumber) =>
    createServer({
      name: `PostgreSQL ${number}`,
      ...{ programs, keeper, password: passwords.administrator },
      data: place.dataOf(number),
      socket: place.socketOf(number),
      logPath: join(dataDir, `postgres-${number}.log`),
    });
  const servers = { 1: serverOf(1), 2: serverOf(2) };
  const numberOf = () => notes.read().primary ?? 1;
  const primary = () => servers[numberOf()];
  const other = () => servers[numberOf() === 1 ? 2 : 1];
  let standby: PairState['standby'] = 'none';
  let isUp = false;
  let isOver = false;

  const current = join(place.passing, 'primary');
  const point = () => {
    symlinkSync(primary().socket, `${current}.new`);
    renameSync(`${current}.new`, current);
  };
  /** Of a server that is the only one until the other has joined it. */
  const alone = async () => {
    await primary().sql('ALTER SYSTEM RESET synchronous_standby_names');
    await primary().sql('SELECT pg_reload_conf()');
  };
  const lead = async () => {
    const leader = primary();
    void leader.child()?.ended.then(() => {
      if (leader === primary()) isUp = false;
    });
    await alone();
    point();
    isUp = true;
  };

  return {
    address: `postgresql://${ROLE}:${passwords.gateway}@/${ROLE}?host=${encodeURIComponent(current)}&port=${PORT}`,
    state: () => ({ primary: numberOf(), isUp, standby }),
    server: (which) => (which === 'primary' ? primary() : other()),
    async start() {
      const isMade = notes.read().primary !== null;
      if (!isMade) await makeDatabase(primary(), place, passwords);
      else await primary().start();
      notes.write({ ...notes.read(), primary: numberOf() });
      await lead();
    },
    async promote() {
      if (standby !== 'follows') throw new DemoError('standby-missing', 'there is no standby to promote');
      standby = 'none';
      await other().sql('SELECT pg_promote()');
      notes.write({ ...notes.read(), primary: numberOf() === 1 ? 2 : 1 });
      await lead();
    },
    async join() {
      const follower = other();
      standby = 'joins';
      try {
        await follower.kill();
        await alone();
        place.clear(follower.data);
        const from = [`host=${primary().socket}`, `port=${PORT}`, `user=${ADMINISTRATOR}`];
        const target = [...from, `application_name=${STANDBY}`].join(' ');
        // A file that only the server may read, named in its configuration: no password on a command line.
        const PGPASSFILE = place.secret('passwords', `*:*:*:${ADMINISTRATOR}:${passwords.administrator}\n`);
        const args = ['-D', follower.data, '-d', target, '-R', '-X', 'stream', '-c', 'fast', '--no-password'];
        await follower.run('pg_basebackup', args, { PGPASSFILE });
        if (isOver) throw new DemoError('postgres-failed', 'the servers have been stopped');
        await follower.start();
        void follower.child()?.ended.then(() => {
          if (follower === other()) standby = 'none';
        });
        await primary().sql(`ALTER SYSTEM SET synchronous_standby_names = '${STANDBY}'`);
        await primary().sql('SELECT pg_reload_conf()');
        await followed(primary());
        standby = 'follows';
      } catch (error) {
        standby = 'none';
        throw error;
      }
    },
    async stop(graceMs, hurried) {
      isOver = true;
      // Else the last commits of a primary would wait for a standby that has gone.
      await primary().stop(graceMs, hurried);
      await other().stop(graceMs, hurried);
      place.leave();
    },
  };
}

async function followed(primary: Server): Promise<void> {
  const untilMs = performance.now() + FOLLOW_MS;
  const question = `SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'`;
  while ((await primary.sql(question)).length === 0) {
    if (performance.now() > untilMs)
      throw new DemoError('postgres-failed', `the standby does not follow ${primary.name}`);
    await sleep(50);
  }
}
