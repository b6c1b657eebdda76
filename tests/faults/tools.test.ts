/** The faults that the other cases rely on are real ones: a tool that does nothing would prove everything. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { createFakeClock, FAKETIME } from '../support/fake-clock.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../support/gateway.ts';
import { failIo, STRACE } from '../support/io-errors.ts';
import { have } from '../support/prerequisites.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked, storedVotes } from '../support/recount.ts';
import { MOUNTS, mountSmallDisk } from '../support/small-disk.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { startTerminal, type TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';

const HOUR_MS = 3_600_000;
let gateway: TestGateway;
let folder: string;
const logins: Record<string, TerminalLogin> = {};
const terminals: TerminalProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-tools-'));
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('town', '云岭镇');
    for (const name of ['disk', 'sync', 'clock', 'line']) {
      org.window(`w-${name}`, 'town', name);
      logins[name] = org.terminal(`t-${name}`, `w-${name}`);
    }
  });
});
afterAll(async () => {
  for (const terminal of terminals) await terminal.end('SIGKILL');
  await gateway.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function start(name: string, more: { folder?: string; env?: Record<string, string>; port?: number }) {
  const terminal = await startTerminal({ gateway, login: logins[name] as TerminalLogin, folder, ...more });
  terminals.push(terminal);
  return terminal;
}

describe.runIf(have(MOUNTS))('a small disk', () => {
  it('is full for a real terminal, and has space again', async () => {
    const disk = mountSmallDisk(1_024);
    try {
      const terminal = await start('disk', { folder: disk.path });
      await terminal.press('1');
      disk.fill();
      expect(disk.freeBytes()).toBe(0);
      await until('a press in vain', async () => {
        await terminal.pressMany(['2']);
        return terminal.refused() > 0;
      });
      disk.free();
      await terminal.press('3');
      await expectStoredEqualsThanked(gateway, [terminal]);
      await terminal.end();
    } finally {
      disk.dispose();
    }
  });
});

describe.runIf(have(STRACE))('an I/O error', () => {
  it('fails the commits of a running terminal from the wanted call on, until it is healed', async () => {
    const terminal = await start('sync', {});
    await terminal.press('1');
    const errors = await failIo(terminal.pid());
    await terminal.pressInVain('3');
    expect(errors.failures()).toBeGreaterThan(0);
    await errors.heal();
    await terminal.press('2');
    await expectStoredEqualsThanked(gateway, [terminal]);
    await terminal.end();
  });
});

describe.runIf(have(FAKETIME))('a fake clock', () => {
  it('is another time for one process, and can be set while that runs', async () => {
    const clock = createFakeClock(-3 * HOUR_MS);
    const terminal = await start('clock', { env: clock.env });
    const wallMs = () => Number(terminal.lines().findLast(({ msg }) => msg === 'press thanked')?.time);
    await terminal.press('1');
    expect(Math.abs(wallMs() - (Date.now() - 3 * HOUR_MS))).toBeLessThan(5_000);
    clock.setOffsetMs(48 * HOUR_MS);
    await terminal.press('1');
    expect(Math.abs(wallMs() - (Date.now() + 48 * HOUR_MS))).toBeLessThan(5_000);
    await expectStoredEqualsThanked(gateway, [terminal]);
    await terminal.end();
    clock.dispose();
  });
});

describe('the proxy', () => {
  it('cuts after exactly as many bytes as told, takes the next connection, and refuses when told', async () => {
    const proxy = await startTcpProxy(() => gateway.mqttPort);
    proxy.cutAfter(5, 'up');
    const terminal = await start('line', { port: proxy.port });
    await until('the first cut', () => proxy.accepted() > 0 && proxy.connections() === 0);
    expect(proxy.bytes('up')).toBe(5 * proxy.accepted());
    proxy.heal();
    await terminal.press('1');
    await until('a connection', () => terminal.isConnected(), { timeoutMs: 40_000 });
    expect(proxy.cut('fin')).toBe(1);
    proxy.refuse();
    await until('the loss', () => !terminal.isConnected());
    await terminal.press('2');
    proxy.heal();
    await expectStoredEqualsThanked(gateway, [terminal]);
    await terminal.end();
    await proxy.dispose();
  });
});

describe('the two sums', () => {
  it('agree here, and notice a vote that is missing, one too many, and one taken out of the file', async () => {
    await expectScoresEqualRecount(gateway);
    const [terminal] = terminals;
    expect(storedVotes(gateway.dataDir).length).toBeGreaterThan(0);
    const oneMore = {
      ...(terminal as TerminalProcess),
      thanked: () => (terminal as TerminalProcess).thanked() + 1,
    };
    await expect(expectStoredEqualsThanked(gateway, [oneMore], { timeoutMs: 300 })).rejects.toThrow(
      'stored of',
    );
    const oneLess = {
      ...(terminal as TerminalProcess),
      thanked: () => (terminal as TerminalProcess).thanked() - 1,
    };
    await expect(expectStoredEqualsThanked(gateway, [oneLess])).rejects.toThrow('beyond what was thanked');
    const db = new Database(databaseFile(gateway.dataDir));
    db.exec('DELETE FROM votes WHERE seq = 1 AND source_key = (SELECT min(source_key) FROM votes)');
    db.close();
    await expect(expectScoresEqualRecount(gateway)).rejects.toThrow('scores of today');
  });
});
