/** A real gateway process on free ports, and a small organisation in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Identity } from '../../device/identity/identity.ts';
import { openPostgresStore } from '../../gateway/store/postgres/postgres-store.ts';
import { sealKeyIn } from '../../gateway/store/seal-key.ts';
import { createSqliteStore, databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { Store } from '../../gateway/store/store.ts';
import { createOnce } from '../../protocol/process/whole-file.ts';
import type { ScoreRow, Scores } from '../../protocol/score.ts';
import { authorityOf, issueIdentity, writeIdentity } from './certificates.ts';
import { createSessionClient, type TestClient } from './client.ts';
import { reap } from './reaper.ts';
import { plant, type Tree } from './tree.ts';
import { until } from './wait.ts';

export const MAIN = new URL('../../dist/gateway/run/main.js', import.meta.url).pathname;

/** `folder` holds the identity as files (see writeIdentity). */
export type TerminalLogin = { id: string; windowId: string; identity: Identity; folder: string };

/** Tests press faster than people: what a terminal can honestly have is bounded only where that is the question. */
export const NO_PLAUSIBILITY = {
  MANYI_VOTES_PER_MINUTE: '1000000000',
  MANYI_VOTES_PER_HOUR: '1000000000',
  MANYI_VOTES_PER_DAY: '1000000000',
};

/** Base64; of every database under test, so that any gateway and command line may have any. */
export const SEAL_KEY = Buffer.alloc(32, 7).toString('base64');

/** Of `admin`, made at the first start. */
export const ADMIN_PASSWORD = 'a-test-of-many-votes';

/** Its own requests are those of an administrator. */
export type TestGateway = TestClient & {
  readonly httpPort: number;
  readonly mqttPort: number;
  readonly dataDir: string;
  /** Of the process that runs now. */
  pid(): number;
  /** What the process has printed since it was last started. */
  log(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts the process again on the same data and the same ports. */
  start(): Promise<void>;
  /** Ends the process and removes the data. */
  dispose(): Promise<void>;
  /** Adds to the store as the CLI does. The terminals have their certificates when it resolves. */
  add(fill: (org: OrgWriter) => void): Promise<void>;
  /** Somebody else's client. */
  signIn(name: string, password: string): Promise<TestClient>;
  scores(period?: string): Promise<ScoreRow[]>;
};

export type OrgWriter = {
  unit(id: string, name: string, parentId?: string | null): string;
  window(id: string, unitId: string, name: string): string;
  terminal(id: string, windowId: string): TerminalLogin;
};

export type GatewayOptions = {
  dataDir?: string;
  /** Address of a PostgreSQL database, instead of one in the data folder. */
  database?: string | null;
  /** What its keys are sealed with; null where the test puts it there, or does not. */
  sealKey?: string | null;
  env?: Record<string, string>;
  /** The program, at each start. */
  main?: () => string;
  /** Where its log goes from its second start on, instead of to `log()`. */
  logTo?: () => number | null;
};

export async function startGateway({
  dataDir = mkdtempSync(join(tmpdir(), 'manyi-test-')),
  database = null,
  sealKey = SEAL_KEY,
  env = {},
  main = () => MAIN,
  logTo = () => null,
}: GatewayOptions = {}): Promise<TestGateway> {
  if (database !== null && sealKey !== null) createOnce(sealKeyIn(dataDir), sealKey);
  let child: ChildProcess | null = null;
  let output = '';
  let ports = { httpPort: 0, mqttPort: 0 };

  const url = () => `http://127.0.0.1:${ports.httpPort}`;
  const start = async () => {
    output = '';
    const logFd = ports.httpPort === 0 ? null : logTo();
    const started = spawn(process.execPath, [main()], {
      env: {
        ...process.env,
        MANYI_DATA_DIR: dataDir,
        MANYI_HTTP_PORT: String(ports.httpPort),
        MANYI_MQTT_HOST: '127.0.0.1',
        MANYI_MQTT_PORT: String(ports.mqttPort),
        ...NO_PLAUSIBILITY,
        // Nor do they press like people, but where that is what a suite is about.
        MANYI_FIRST_RULES: process.env.MANYI_FIRST_RULES ?? 'none',
        MANYI_LOG_LEVEL: 'info',
        MANYI_ADMIN_PASSWORD: ADMIN_PASSWORD,
        ...(database !== null && { MANYI_DATABASE: database }),
        ...env,
      },
      stdio: ['ignore', logFd ?? 'pipe', 'pipe'],
    });
    child = reap(started);
    started.stderr?.on('data', (data) => {
      output += String(data);
    });
    if (logFd !== null) {
      await until('the gateway to be ready, whatever becomes of its log', async () => {
        if (started.exitCode !== null) throw new Error(`it ended (${started.exitCode}):\n${output}`);
        return (await fetch(`${url()}/readyz`)).ok;
      });
      return;
    }
    ports = await new Promise((resolve, reject) => {
      started.once('exit', (code) =>
        reject(new Error(`the gateway ended (${code}) before it was ready:\n${output}`)),
      );
      createInterface({ input: started.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        output += `${line}\n`;
        if (line.includes('"gateway ready"')) resolve(JSON.parse(line));
      });
    });
  };

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null || running.signalCode !== null)
      return running?.exitCode ?? null;
    const exited = new Promise<number | null>((resolve) => running.once('exit', (code) => resolve(code)));
    running.kill(signal);
    return exited;
  };

  await start();
  const admin = createSessionClient(url, 'admin', ADMIN_PASSWORD);

  return {
    ...admin,
    get httpUrl() {
      return url();
    },
    async signIn(name, password) {
      const client = createSessionClient(url, name, password);
      await client.headers();
      return client;
    },
    get httpPort() {
      return ports.httpPort;
    },
    get mqttPort() {
      return ports.mqttPort;
    },
    dataDir,
    pid: () => child?.pid as number,
    log: () => output,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    start,
    async dispose() {
      await end('SIGKILL');
      rmSync(dataDir, { recursive: true, force: true });
    },
    async add(fill) {
      const store: Store =
        database === null
          ? createSqliteStore({ file: databaseFile(dataDir) })
          : await openPostgresStore({ address: database, dataDir, migrates: false });
      try {
        const logins: TerminalLogin[] = [];
        const tree = { units: [], windows: [], terminals: [] };
        fill(writerOf(tree, dataDir, logins));
        await plant(store, tree);
        if (logins.length === 0) return;
        const authority = await authorityOf(dataDir, store.keys);
        for (const login of logins) {
          login.identity = await issueIdentity(authority, login.id, store.fleet);
          writeIdentity(login.folder, login.identity);
        }
      } finally {
        await store.close();
      }
    },
    scores: async (period = 'today') => (await admin.getJson<Scores>(`/api/v1/scores?period=${period}`)).rows,
  };
}

function writerOf(tree: Required<Tree>, dataDir: string, logins: TerminalLogin[]): OrgWriter {
  return {
    unit(id, name, parentId = null) {
      tree.units.push({ id, parentId, name });
      return id;
    },
    window(id, unitId, name) {
      tree.windows.push({ id, unitId, name });
      return id;
    },
    terminal(id, windowId) {
      tree.terminals.push({ id, windowId });
      const folder = join(dataDir, 'terminals', id);
      // Its identity is there when `add` resolves.
      const login = { id, windowId, folder } as TerminalLogin;
      logins.push(login);
      return login;
    },
  };
}
