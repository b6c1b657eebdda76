/** A gateway with a hall of windows, one terminal at each, and a folder for their journals. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { emptyCounts, votesIn } from '../../gateway/domain/tally.ts';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import {
  type GatewayOptions,
  startGateway,
  type TerminalLogin,
  type TestGateway,
} from '../support/gateway.ts';
import { listenLive } from '../support/live-client.ts';
import { until } from '../support/wait.ts';

export type Town = {
  gateway: TestGateway;
  /** Terminal `t-NAME` at window `w-NAME`, by name. */
  login(name: string): TerminalLogin;
  logins: TerminalLogin[];
  folder: string;
  dispose(): Promise<void>;
};

export async function startTown(names: readonly string[], options: GatewayOptions = {}): Promise<Town> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-town-'));
  const gateway = await startGateway(options);
  const logins = new Map<string, TerminalLogin>();
  await gateway.add((org) => {
    org.unit('city', '菏泽市');
    org.unit('hall', '政务服务大厅', 'city');
    for (const name of names) {
      org.window(`w-${name}`, 'hall', `${name}号窗口`);
      logins.set(name, org.terminal(`t-${name}`, `w-${name}`));
    }
  });
  await until('the gateway to know the hall', async () =>
    (await gateway.scores()).some(({ id }) => id === `w-${names.at(-1)}`),
  );
  const dispose = async () => {
    await gateway.dispose();
    rmSync(folder, { recursive: true, force: true });
  };
  // Also after a case that failed half way.
  onTestFinished(dispose);
  return {
    gateway,
    login(name) {
      const found = logins.get(name);
      if (!found) throw new Error(`no terminal ${name} in this town`);
      return found;
    },
    logins: [...logins.values()],
    folder,
    dispose,
  };
}

/** Windows by the thousand, in one transaction: one by one, each would wait for the disk. */
export function addWindows(dataDir: string, unitId: string, ids: readonly string[]): void {
  const db = new Database(databaseFile(dataDir), { timeout: 5_000 });
  try {
    const unit = db.prepare('SELECT key FROM units WHERE id = ?').pluck().get(unitId);
    const insert = db.prepare('INSERT INTO windows (id, unit_key, name) VALUES (?, ?, ?)');
    db.transaction(() => {
      for (const id of ids) insert.run(id, unit, `${id}号窗口`);
    }).immediate();
  } finally {
    db.close();
  }
}

export const numbered = (count: number) => Array.from({ length: count }, (_, at) => String(at + 1));

/** Milliseconds from the press to the patch on a wall that shows it. Presses one after the other. */
export async function timePressesToWall(
  gateway: TestGateway,
  windowId: string,
  press: () => Promise<unknown>,
  count: number,
): Promise<number[]> {
  const live = await listenLive(gateway);
  await live.snapshot();
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const pressed = () => {
      const row = live.window(windowId);
      return (row?.votes ?? 0) + votesIn(row?.discounted?.counts ?? emptyCounts());
    };
    const before = pressed();
    const shown = new Promise<void>((resolve) => {
      const look = () => {
        if (pressed() <= before) return;
        live.socket.off('message', look);
        resolve();
      };
      live.socket.on('message', look);
    });
    const begun = performance.now();
    await Promise.all([press(), shown]);
    times.push(performance.now() - begun);
  }
  live.close();
  return times;
}
