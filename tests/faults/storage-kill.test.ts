/**
 * The gateway ends at any instant: killed at random under load, killed between a COMMIT and its acknowledgement, stopped in
 * order and hurried. Stored == thanked, score == recount, and the check at the next start finds nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDatabase } from '../../gateway/store/sqlite/check.ts';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../support/gateway.ts';
import { listenLive } from '../support/live-client.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked, storedVotes } from '../support/recount.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { type Key, startTerminal, type TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';
import { scaled, seededRandom } from './seed.ts';
import './rules-on.ts';

const KEYS: readonly Key[] = ['1', '2', '3'];
const PRELOAD = new URL('./kill-after-commit.mjs', import.meta.url).href;
/** What `stop` may take with a peer that answers nothing. */
const STOP_MS = 10_000;

let gateway: TestGateway;
let env: Record<string, string>;
let folder: string;
let logins: TerminalLogin[];
let terminals: TerminalProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-kill-'));
  env = {};
  gateway = await startGateway({ env });
  await gateway.add((org) => {
    org.unit('town', '云岭镇');
    logins = [1, 2, 3].map((number) => {
      org.window(`w${number}`, 'town', `${number}号窗口`);
      return org.terminal(`t-${number}`, `w${number}`);
    });
  });
  terminals = [];
  for (const login of logins.slice(0, 2)) terminals.push(await startTerminal({ gateway, login, folder }));
});
afterEach(async () => {
  for (const terminal of terminals) await terminal.end('SIGKILL');
  await gateway.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** The file as the process left it: the check must find nothing to repair. */
const expectClean = () => {
  const report = checkDatabase(databaseFile(gateway.dataDir));
  expect(report).toMatchObject({ damage: [], rollups: { checked: true, differing: 0 } });
};
const connected = () =>
  until('both to be connected', () => terminals.every((one) => one.isConnected()), { timeoutMs: 60_000 });
const expectWhole = async () => {
  await expectStoredEqualsThanked(gateway, terminals);
  await expectScoresEqualRecount(gateway);
  await gateway.stop();
  expectClean();
};

describe('a gateway that is killed', () => {
  it('at random instants under load, loses and doubles nothing', async () => {
    const random = seededRandom('storage-kill');
    for (let round = 0; round < scaled(3, 60); round++) {
      for (const terminal of terminals)
        terminal.type(Array.from({ length: random.between(3, 15) }, () => random.pick(KEYS)));
      const delayMs = random.between(0, 1_500);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await gateway.kill();
      expectClean();
      await gateway.start();
      expect(gateway.log()).not.toContain('counted again');
    }
    await until(
      'every press to be thanked',
      () => terminals.every((one) => one.thanked() === one.pressed()),
      {
        timeoutMs: 60_000,
      },
    );
    await expectWhole();
  });

  it('between the commit of a vote and its acknowledgement, has stored it once when it comes again', async () => {
    const random = seededRandom('storage-kill-after-commit');
    for (let round = 0; round < scaled(2, 30); round++) {
      await gateway.stop();
      const before = storedVotes(gateway.dataDir).length;
      Object.assign(env, {
        NODE_OPTIONS: `--import=${PRELOAD}`,
        MANYI_KILL_AT: String(random.between(1, 3)),
      });
      await gateway.start();
      await connected();
      const pid = gateway.pid();
      for (const terminal of terminals) terminal.type(Array.from({ length: 6 }, () => random.pick(KEYS)));
      await until('the gateway to be dead', () => !isAlive(pid), { timeoutMs: 60_000 });
      expect(storedVotes(gateway.dataDir).length).toBeGreaterThan(before);
      expectClean();
      delete env.NODE_OPTIONS;
      delete env.MANYI_KILL_AT;
      await gateway.kill();
      await gateway.start();
      await until('the presses to be thanked', () =>
        terminals.every((one) => one.thanked() === one.pressed()),
      );
      await expectStoredEqualsThanked(gateway, terminals);
    }
    await expectWhole();
  });
});

describe('a gateway that is told to stop', () => {
  it.each(['once', 'again and again'])(
    '%s, under load with peers that answer nothing, ends in time and loses nothing',
    async (how) => {
      await connected();
      // A terminal behind a line that has gone dead, and a wall that reads nothing.
      const proxy = await startTcpProxy(() => gateway.mqttPort);
      terminals.push(
        await startTerminal({ gateway, login: logins[2] as TerminalLogin, folder, port: proxy.port }),
      );
      await connected();
      proxy.freeze('both');
      const wall = await listenLive(gateway);
      await wall.snapshot();
      wall.socket.pause();
      const { cookie } = await gateway.headers();
      const download = connect({ port: gateway.httpPort, host: '127.0.0.1' });
      download.on('error', () => {});
      download.write(
        `GET /api/v1/votes?from=0&to=9000000000000 HTTP/1.1\r\nhost: x\r\ncookie: ${cookie}\r\n\r\n`,
      );
      for (const terminal of terminals) terminal.type([...KEYS, ...KEYS, ...KEYS, ...KEYS]);
      await until('votes to come in', () => storedVotes(gateway.dataDir).length > 3);

      const begun = performance.now();
      const pid = gateway.pid();
      const ended = gateway.stop();
      if (how !== 'once') await hurry(pid);
      expect(await ended).toBe(0);
      expect(performance.now() - begun).toBeLessThan(STOP_MS);
      expectClean();
      wall.close();
      download.destroy();
      proxy.heal();
      await gateway.start();
      await until(
        'every press to be thanked',
        () => terminals.every((one) => one.thanked() === one.pressed()),
        {
          timeoutMs: 60_000,
        },
      );
      await expectWhole();
      await proxy.dispose();
    },
  );
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Signals as a person at a terminal gives them, as long as there is somebody to give them to. */
async function hurry(pid: number): Promise<void> {
  for (let times = 0; times < 20 && isAlive(pid); times++) {
    process.kill(pid, times % 2 === 0 ? 'SIGINT' : 'SIGTERM');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
