/** One connection to the server, from its first byte to its last: prepared so that a COMMIT means what the port says. */
import { Socket } from 'node:net';
import pg from 'pg';
import { StoreFailure } from '../failures.ts';
import { failure } from './failure.ts';
import { types } from './numbers.ts';

/** `name`: the server keeps its plan. */
export type Statement = { name?: string; text: string; values?: readonly unknown[] };

/** `affected`: how many rows were written, of a statement that writes. */
export type Answer<R> = { rows: R[]; command: string; affected: number };

/** A backend of the server: its process may outlive the connection, and its number may be another's later. */
export type Backend = { pid: number; startedAt: string };

export type Session = {
  readonly backend: Backend;
  readonly isOver: boolean;
  /** @throws StoreFailure */
  query<R extends object>(statement: Statement): Promise<Answer<R>>;
  /** What the server has said beside its answers since it was asked last; null for nothing. */
  takeNotice(): string | null;
  /** Ends it, and whatever waits for an answer with `reason`. */
  destroy(reason: StoreFailure): void;
  close(): Promise<void>;
};

export type SessionOptions = {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`, or `?host=FOLDER` of a Unix socket. */
  address: string;
  /** What the server's lists call it. */
  label: string;
  connectTimeoutMs: number;
  /** Of what it listens to. */
  heard?: (payload: string) => void;
  /** It has ended, whoever ended it. */
  ended?: () => void;
};

const GOODBYE_MS = 1_000;

const SETTINGS: Readonly<Record<string, string>> = {
  // A wait for the standby that was cancelled is told by a warning alone.
  client_min_messages: 'warning',
  // Each of these, and statement_timeout, would cancel such a wait.
  transaction_timeout: '0',
  lock_timeout: '0',
  // A gateway that stands still must not keep others waiting: a decision waits for its commits, and all commits wait for the decision.
  idle_in_transaction_session_timeout: '20s',
  client_connection_check_interval: '5s',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  // Compiling a statement takes longer than any of ours.
  jit: 'off',
};

const PREPARE = `
  SELECT set_config(s.name, s.value, false) FROM unnest($1::text[], $2::text[]) AS s (name, value)
  WHERE current_setting(s.name, true) IS NOT NULL
  UNION ALL
  SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')`;
const LOOK = `
  SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS follows, current_setting('fsync') AS fsync,
    current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int4 AS version,
    (SELECT extract(epoch FROM backend_start)::text FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS "startedAt"`;
/**
 * The process of a connection that was given up may still wait for a standby, or hold what the next one wants. It has ended before that is
 * used: what it was about shows by then, or never will.
 */
const END_BACKEND = `
  SELECT pg_terminate_backend(pid, $3) AS "hasEnded" FROM pg_stat_activity
  WHERE pid = $1 AND extract(epoch FROM backend_start)::text = $2 AND usename = current_user`;
const ENDED_MS = 1_000;
const OLDEST = 14;

type Look = {
  pid: number;
  startedAt: string;
  follows: boolean;
  fsync: string;
  encoding: string;
  version: number;
};

/** @param abandoned a backend of a connection before it, which is ended. @throws StoreFailure */
export async function openSession(options: SessionOptions, abandoned: Backend | null): Promise<Session> {
  const { address, label, connectTimeoutMs } = options;
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: address,
    application_name: label,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // From the first statement on, which is the one that makes the other settings.
    options: '-c statement_timeout=0',
    stream: () => socket,
    types,
  });
  let over: StoreFailure | null = null;
  let notice: string | null = null;
  /** Of what waits for an answer; there is one at a time. */
  let giveUp: (reason: StoreFailure) => void = () => {};
  const destroy = (reason: StoreFailure) => {
    over ??= reason;
    giveUp(over);
    socket.destroy();
  };
  /** The driver's own word may never come; and a race with a promise that lives as long as this would keep every loser. */
  const answer = <T>(ask: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (over) return reject(over);
      giveUp = reject;
      ask().then(resolve, (error) => reject(over ?? failure(error)));
    });
  // Without a listener, an idle connection that is lost would end the process.
  client.on('error', (error) => destroy(failure(error)));
  client.on('end', () => {
    destroy(failure(new Error('the connection has ended')));
    options.ended?.();
  });
  client.on('notification', ({ payload }) => options.heard?.(payload ?? ''));
  client.on('notice', ({ message }) => {
    notice ??= message ?? 'a notice without words';
  });
  const query: Session['query'] = async ({ name, text, values = [] }) => {
    const question = { ...(name === undefined ? {} : { name }), text, values: [...values] };
    const { rows, command, rowCount } = await answer(() => client.query(question));
    return { rows, command, affected: rowCount ?? 0 };
  };
  const timer = setTimeout(
    () => destroy(new StoreFailure('database-timeout', `no connection within ${connectTimeoutMs} ms`)),
    connectTimeoutMs,
  );
  try {
    await answer(() => client.connect());
    await query({ text: PREPARE, values: [Object.keys(SETTINGS), Object.values(SETTINGS)] });
    const [look] = (await query<Look>({ text: LOOK })).rows;
    if (!look) throw new StoreFailure('storage-failed', 'the server does not say who it is');
    refuseUnsafe(look);
    if (abandoned) await endBackend(query, abandoned);
    return {
      backend: { pid: look.pid, startedAt: look.startedAt },
      get isOver() {
        return over !== null;
      },
      query,
      takeNotice() {
        const taken = notice;
        notice = null;
        return taken;
      },
      destroy,
      async close() {
        const late = setTimeout(() => socket.destroy(), GOODBYE_MS);
        await client.end().catch(() => {});
        clearTimeout(late);
      },
    };
  } catch (error) {
    const reason = over ?? failure(error);
    destroy(reason);
    throw reason;
  } finally {
    clearTimeout(timer);
  }
}

/** @throws StoreFailure */
async function endBackend(query: Session['query'], { pid, startedAt }: Backend): Promise<void> {
  const end = async () =>
    (await query<{ hasEnded: boolean }>({ text: END_BACKEND, values: [pid, startedAt, ENDED_MS] })).rows;
  const isThere = (rows: { hasEnded: boolean }[]) => rows.some(({ hasEnded }) => !hasEnded);
  // One that ends by itself between being found and being told is not there the second time.
  if (isThere(await end()) && isThere(await end()))
    throw new StoreFailure(
      'database-interrupted',
      `process ${pid} of a connection that was given up does not end; it is tried again`,
    );
}

/** @throws StoreFailure */
function refuseUnsafe({ follows, fsync, encoding, version }: Look): void {
  if (version < OLDEST * 10_000)
    throw new StoreFailure('database-unsafe', `PostgreSQL ${OLDEST} or newer is needed, not ${version}`);
  if (fsync !== 'on')
    throw new StoreFailure(
      'database-unsafe',
      'the server has fsync off: what it calls stored is not on its disk',
    );
  if (encoding !== 'UTF8')
    throw new StoreFailure('database-unsafe', `the encoding of the database is ${encoding}: it must be UTF8`);
  if (follows)
    throw new StoreFailure(
      'database-standby',
      'the address leads to a server that only follows: it must lead to the primary',
    );
}
