/** A real gateway process on free ports, and a small organisation in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hashSecret } from '../../gateway/fleet/registry.ts';
import { createSqliteStore, databaseFile } from '../../gateway/store/sqlite.ts';
import type { ScoreRow } from '../../protocol/score.ts';
import { reap } from './reaper.ts';

const MAIN = new URL('../../dist/gateway/main.js', import.meta.url).pathname;

export type TerminalLogin = { id: string; password: string; windowId: string };

export type TestGateway = {
  readonly httpUrl: string;
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
  /** Adds to the store as the CLI does. */
  add(fill: (org: OrgWriter) => void): void;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  getJson<T>(path: string): Promise<T>;
  scores(period?: string): Promise<ScoreRow[]>;
};

export type OrgWriter = {
  unit(id: string, name: string, parentId?: string | null): string;
  window(id: string, unitId: string, name: string): string;
  terminal(id: string, windowId: string): TerminalLogin;
};

export type GatewayOptions = { dataDir?: string; env?: Record<string, string>; main?: string };

export async function startGateway({
  dataDir = mkdtempSync(join(tmpdir(), 'manyi-test-')),
  env = {},
  main = MAIN,
}: GatewayOptions = {}): Promise<TestGateway> {
  let child: ChildProcess | null = null;
  let output = '';
  let ports = { httpPort: 0, mqttPort: 0 };

  const start = async () => {
    output = '';
    const started = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        MANYI_DATA_DIR: dataDir,
        MANYI_HTTP_PORT: String(ports.httpPort),
        MANYI_MQTT_PORT: String(ports.mqttPort),
        MANYI_LOG_LEVEL: 'info',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = reap(started);
    started.stderr?.on('data', (data) => {
      output += String(data);
    });
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
  const url = () => `http://127.0.0.1:${ports.httpPort}`;
  const fetchPath = (path: string, init?: RequestInit) => fetch(url() + path, init);
  const getJson = async <T>(path: string): Promise<T> => {
    const response = await fetchPath(path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };

  return {
    get httpUrl() {
      return url();
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
    add(fill) {
      const store = createSqliteStore({ file: databaseFile(dataDir) });
      try {
        fill(writerOf(store));
      } finally {
        store.close();
      }
    },
    fetch: fetchPath,
    getJson,
    scores: (period = 'today') => getJson<ScoreRow[]>(`/api/v1/scores?period=${period}`),
  };
}

function writerOf(store: ReturnType<typeof createSqliteStore>): OrgWriter {
  return {
    unit(id, name, parentId = null) {
      store.addUnit({ id, parentId, name });
      return id;
    },
    window(id, unitId, name) {
      store.addWindow({ id, unitId, name });
      return id;
    },
    terminal(id, windowId) {
      const password = randomBytes(24).toString('base64url');
      store.addTerminal({ id, windowId, secretHash: hashSecret(Buffer.from(password)) });
      return { id, password, windowId };
    },
  };
}
