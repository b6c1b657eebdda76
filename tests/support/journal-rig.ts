/** A real gateway and as many terminals as a case of the journal needs, each at a window of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { type GatewayOptions, startGateway, type TerminalLogin, type TestGateway } from './gateway.ts';
import { readMetrics } from './metrics.ts';
import { createTerminal, type Key, type TerminalOptions, type TerminalProcess } from './terminal-process.ts';
import { until } from './wait.ts';

/** Presses, written as one: `keys('1231')`. */
export const keys = (text: string) => [...text] as Key[];

export type DatedVote = { epoch: string; seq: number; at: number; clock: number };

export type JournalRig = {
  gateway: TestGateway;
  folder: string;
  login(): Promise<TerminalLogin>;
  /** Not started. Reports its health every second. */
  terminal(options?: Partial<TerminalOptions>): Promise<TerminalProcess>;
  votesOf(login: TerminalLogin): DatedVote[];
  /** Reasons of what is in quarantine for the terminal. */
  quarantined(login: TerminalLogin): string[];
  metric(name: string): Promise<number>;
  dispose(): Promise<void>;
};

/** Waits until the gateway has told the terminal that it has everything up to `seq`. */
export const acked = (terminal: TerminalProcess, seq: number, timeoutMs = 15_000) =>
  until(
    `an ack up to ${seq}`,
    () => terminal.lines().some(({ msg, upTo }) => msg === 'acked' && (upTo as number) >= seq),
    { timeoutMs },
  );

export async function startJournalRig(options: GatewayOptions = {}): Promise<JournalRig> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-journal-'));
  const gateway = await startGateway(options);
  const terminals: TerminalProcess[] = [];
  let logins = 0;
  await gateway.add((org) => org.unit('hall', '云岭镇便民服务中心'));
  const query = <T>(sql: string, terminal: string): T[] => {
    const db = new Database(databaseFile(gateway.dataDir), { readonly: true, timeout: 5_000 });
    try {
      return db.prepare(sql).all(terminal) as T[];
    } finally {
      db.close();
    }
  };

  const rig: JournalRig = {
    gateway,
    folder,
    async login() {
      logins += 1;
      let login: TerminalLogin | undefined;
      await gateway.add((org) => {
        org.window(`w-${logins}`, 'hall', `窗口 ${logins}`);
        login = org.terminal(`t-${logins}`, `w-${logins}`);
      });
      return login as unknown as TerminalLogin;
    },
    async terminal({ login, env, ...more } = {}) {
      const terminal = createTerminal({
        gateway,
        login: login ?? (await rig.login()),
        folder,
        env: { MANYI_HEALTH_INTERVAL_S: '1', MANYI_LOG_LEVEL: 'debug', ...env },
        ...more,
      });
      terminals.push(terminal);
      return terminal;
    },
    votesOf: ({ id }) =>
      query<DatedVote>(
        `SELECT s.epoch, v.seq, v.at, v.clock FROM votes v JOIN sources s ON s.key = v.source_key
         JOIN terminals t ON t.key = s.terminal_key WHERE t.id = ? ORDER BY s.key, v.seq`,
        id,
      ),
    quarantined: ({ id }) =>
      query<{ reason: string }>(
        `SELECT q.reason FROM quarantine q LEFT JOIN sources s ON s.key = q.source_key
         JOIN terminals t ON t.key = coalesce(q.terminal_key, s.terminal_key) WHERE t.id = ?`,
        id,
      ).map(({ reason }) => reason),
    metric: async (name) => (await readMetrics(gateway)).of(name),
    async dispose() {
      for (const terminal of terminals) await terminal.end('SIGKILL');
      await gateway.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return rig;
}
