/** Each step of the wiring gives back what it opened: when it is told to, and when a later one fails. */

import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { startGateway, type TerminalLogin } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { NOBODY, OTHER_USERS, openFolder } from '../../support/other-user.ts';
import { have } from '../../support/prerequisites.ts';
import { createTerminal } from '../../support/terminal-process.ts';
import { until } from '../../support/wait.ts';
import { STEPS, startWiring, type Wiring, type WiringOptions } from '../../support/wiring.ts';

let dataDir: string;
let wiring: Wiring | null;

beforeEach(() => {
  dataDir = openFolder('manyi-wiring-');
  wiring = null;
});
afterEach(() => {
  wiring?.end();
  rmSync(dataDir, { recursive: true, force: true });
});

const start = (options: Partial<WiringOptions> = {}) => {
  const { env, ...others } = options;
  wiring = startWiring({ upTo: 'gateway', env: { MANYI_DATA_DIR: dataDir, ...env }, ...others });
  return wiring;
};

/** With a database that is there, so that every part has been loaded once. */
const warmUp = async (one: Wiring) => {
  expect([await one.attempt(), await one.attempt()]).toEqual(['ok', 'ok']);
  return one.held();
};

/** It fails with that code, again and again, and holds nothing for it; what was in the way gone, it starts. */
async function expectGivenBack(one: Wiring, code: string, obstruct: () => Promise<unknown>) {
  const before = await warmUp(one);
  const clear = (await obstruct()) as () => unknown;
  const obstructed = await one.held();
  expect([await one.attempt(), await one.attempt(), await one.attempt()]).toEqual([code, code, code]);
  expect(await one.held()).toEqual(obstructed);
  await clear();
  expect(await one.attempt()).toBe('ok');
  expect(await one.held()).toEqual(before);
}

/** @returns its port, held by another program; and what gives it free. */
async function takePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const free = () => new Promise((resolve) => server.close(resolve));
  await free();
  return {
    port: String(port),
    async take() {
      server.listen(port, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      return free;
    },
  };
}

describe('the steps', () => {
  it.each(STEPS)('up to %s: leave no file, lock, port, timer or process', async (upTo) => {
    const one = start({ upTo });
    const before = await warmUp(one);
    expect(before.files.filter((file) => file.startsWith(dataDir))).toEqual([]);
    expect([await one.attempt(), await one.attempt()]).toEqual(['ok', 'ok']);
    expect(await one.held()).toEqual(before);
  });
});

describe('the ordered stop', () => {
  it('stores and announces what has come in: the last that a wall shows is what is stored', async () => {
    const gateway = await startGateway();
    let login: TerminalLogin | undefined;
    await gateway.add((org) => {
      org.unit('town', '云岭镇');
      org.window('w1', 'town', '1号窗口');
      login = org.terminal('t-1', 'w1');
    });
    const terminal = createTerminal({ gateway, login: login as TerminalLogin, folder: dataDir });
    try {
      await terminal.start();
      const live = await listenLive(gateway);
      await live.snapshot();
      await terminal.press('1');
      await until('the wall to count', () => live.window('w1')?.votes === 1);
      for (let round = 0; round < 3; round++) await terminal.press('1');
      const closed = once(live.socket, 'close');
      expect(await gateway.stop()).toBe(0);
      await closed;
      const db = new Database(databaseFile(gateway.dataDir), { readonly: true });
      const { votes } = db.prepare('SELECT count(*) AS votes FROM votes').get() as { votes: number };
      db.close();
      expect(live.window('w1')?.votes).toBe(votes);
    } finally {
      await terminal.end('SIGTERM');
      await gateway.dispose();
    }
  });
});

describe('a start that fails has given everything back, and the next one in the same process works', () => {
  it('where another program has the HTTP port', async () => {
    const { port, take } = await takePort();
    await expectGivenBack(start({ env: { MANYI_HTTP_PORT: port } }), 'port-taken', take);
  });

  it('where another program has the MQTT port', async () => {
    const { port, take } = await takePort();
    await expectGivenBack(start({ env: { MANYI_MQTT_PORT: port } }), 'port-taken', take);
  });

  it('where the address is of another machine', async () => {
    const one = start({ env: { MANYI_HTTP_HOST: '192.0.2.1' } });
    expect([await one.attempt(), await one.attempt(), await one.attempt()]).toEqual(
      Array(3).fill('address-foreign'),
    );
    wiring?.end();
    expect(await start().attempt()).toBe('ok');
  });

  it('where the database is damaged', async () => {
    await expectGivenBack(start(), 'storage-damaged', async () => {
      const file = databaseFile(dataDir);
      copyFileSync(file, `${file}.whole`);
      const bytes = readFileSync(file);
      // Behind the schema: page 2 to the last.
      bytes.fill(0xa5, 4_096);
      writeFileSync(file, bytes);
      return () => copyFileSync(`${file}.whole`, file);
    });
  });

  it.runIf(have(OTHER_USERS))('where the folder of the certificate authority cannot be read', async () => {
    chownSync(dataDir, NOBODY.uid, NOBODY.gid);
    await expectGivenBack(start({ user: NOBODY }), 'storage-not-ours', async () => {
      chmodSync(join(dataDir, 'pki'), 0o000);
      return () => chmodSync(join(dataDir, 'pki'), 0o700);
    });
  });

  it('where the certificate authority is damaged', async () => {
    await expectGivenBack(start(), 'authority-damaged', async () => {
      const file = join(dataDir, 'pki', 'authority.pem');
      const whole = readFileSync(file);
      writeFileSync(file, whole.subarray(0, whole.length - 200));
      return () => writeFileSync(file, whole);
    });
  });

  it('where the first password is none', async () => {
    const one = start({ env: { MANYI_ADMIN_PASSWORD: 'short' } });
    expect([await one.attempt(), await one.attempt()]).toEqual(['password-weak', 'password-weak']);
    wiring?.end();
    expect(await start().attempt()).toBe('ok');
  });
});
