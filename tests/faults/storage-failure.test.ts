/**
 * The gateway's disk is full, or takes writes and cannot keep them. Nothing is acknowledged that is not stored, readiness
 * says so, HTTP goes on, and it heals by itself: then stored == thanked and score == recount.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../gateway/store/sqlite/audit-verify.ts';
import { checkDatabase } from '../../gateway/store/sqlite/check.ts';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { Ack } from '../../protocol/ack.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../support/gateway.ts';
import { failIo, STRACE } from '../support/io-errors.ts';
import { EPOCH, vote, votesMessage } from '../support/messages.ts';
import { mqttLogin } from '../support/mqtt-login.ts';
import { have } from '../support/prerequisites.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked, storedVotes } from '../support/recount.ts';
import { MOUNTS, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { type Key, startTerminal, type TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';
import { scaled, seededRandom } from './seed.ts';

const KEYS: readonly Key[] = ['1', '2', '3'];

let gateway: TestGateway;
let disk: SmallDisk | null = null;
let folder: string;
let logins: TerminalLogin[] = [];
let terminals: TerminalProcess[] = [];

async function start(dataDir?: string): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'manyi-failure-'));
  gateway = await startGateway(dataDir === undefined ? {} : { dataDir });
  // A session cannot be opened on a full disk; one that is open goes on.
  await gateway.headers();
  await gateway.add((org) => {
    org.unit('town', '云岭镇');
    logins = [1, 2, 3].map((number) => {
      org.window(`w${number}`, 'town', `${number}号窗口`);
      return org.terminal(`t-${number}`, `w${number}`);
    });
  });
  // Signing in needs a write: it is done while there is a disk to write to.
  await gateway.scores();
  terminals = [];
  for (const login of logins.slice(0, 2)) terminals.push(await startTerminal({ gateway, login, folder }));
  await until('both to be connected', () => terminals.every((one) => one.isConnected()));
}

afterEach(async () => {
  for (const terminal of terminals) await terminal.end('SIGKILL');
  await gateway.dispose();
  disk?.dispose();
  disk = null;
  rmSync(folder, { recursive: true, force: true });
});

const readiness = async () => {
  const response = await gateway.fetch('/readyz');
  return { status: response.status, ...((await response.json()) as { ready: boolean; troubles: string[] }) };
};
const isRed = async (...codes: string[]) => {
  const { status, troubles } = await readiness();
  return status === 503 && codes.includes(troubles[0] as string) ? troubles[0] : null;
};

/** A terminal that counts what it is told: PUBACKs and acks, one vote a message. */
async function strictTerminal(login: TerminalLogin) {
  const client = mqtt.connect(`mqtts://127.0.0.1:${gateway.mqttPort}`, mqttLogin(login));
  const told = { pubacked: 0, ackedUpTo: 0 };
  client.on('error', () => {});
  client.on('message', (_topic, payload) => {
    told.ackedUpTo = Math.max(told.ackedUpTo, (JSON.parse(String(payload)) as Ack).upTo);
  });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  await client.subscribeAsync(`manyi/v1/${login.id}/ack`, { qos: 1 });
  return {
    told,
    client,
    /** @returns whether it was acknowledged before the connection ended. */
    async send(seq: number, boot = 'boot-1'): Promise<boolean> {
      const acknowledged = client.publishAsync(
        `manyi/v1/${login.id}/votes`,
        votesMessage([vote(seq, 'satisfied', { boot })], { satisfied: seq }),
        { qos: 1 },
      );
      const closed = new Promise<false>((resolve) => client.once('close', () => resolve(false)));
      const isDone = await Promise.race([acknowledged.then(() => true), closed]);
      if (isDone) told.pubacked += 1;
      return isDone;
    },
  };
}

const storedOf = (id: string) => storedVotes(gateway.dataDir).filter(({ terminal }) => terminal === id);

/** Sends until something is refused, and holds that everything acknowledged up to then is stored. */
async function voteUntilRefused(login: TerminalLogin): Promise<{ sent: number; acked: number }> {
  const strict = await strictTerminal(login);
  let seq = 1;
  // Bodies of their own fill the disk faster than the gaps that a checkpoint leaves.
  while (await strict.send(seq, `boot-${seq}-${'x'.repeat(20)}`)) seq += 1;
  const stored = storedOf(login.id).length;
  expect(stored).toBeGreaterThanOrEqual(strict.told.pubacked);
  expect(strict.told.ackedUpTo).toBeLessThanOrEqual(stored);
  strict.client.end(true);
  return { sent: seq, acked: strict.told.pubacked };
}

async function expectHealed(): Promise<void> {
  await until('readiness', async () => (await readiness()).status === 200, { timeoutMs: 30_000 });
  for (const terminal of terminals) await terminal.press('1');
  await expectStoredEqualsThanked(gateway, terminals);
  await expectScoresEqualRecount(gateway);
  await gateway.stop();
  const report = checkDatabase(databaseFile(gateway.dataDir));
  expect(report).toMatchObject({ damage: [], rollups: { checked: true, differing: 0 } });
  await gateway.start();
}

describe.runIf(have(MOUNTS))('a full disk', () => {
  it('acknowledges nothing that is not stored, turns readiness red, and goes on when there is space', async () => {
    disk = mountSmallDisk(4_096);
    await start(join(disk.path, 'data'));
    await Promise.all(terminals.map((terminal) => terminal.pressMany(KEYS)));
    disk.fill();
    await voteUntilRefused(logins[2] as TerminalLogin);
    await until('readiness to be red', () => isRed('storage-full', 'storage-io'));

    // Citizens are thanked all the same: their terminals keep the votes.
    await Promise.all(terminals.map((terminal) => terminal.pressMany([...KEYS, ...KEYS])));
    expect(terminals.map((terminal) => terminal.refused())).toEqual([0, 0]);
    const before = storedVotes(gateway.dataDir).length;
    expect((await gateway.fetch('/healthz')).status).toBe(200);
    expect((await gateway.scores()).find(({ id }) => id === 'town')?.votes).toBe(before);
    // An export is audited, and what cannot be audited is not done.
    const refused = await gateway.fetch('/api/v1/votes?from=0&to=9000000000000');
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringMatching(/storage-(full|io)/)]);
    expect(await isRed('storage-full', 'storage-io')).not.toBeNull();

    disk.free();
    await expectHealed();
  });

  it('as often as it fills up', async () => {
    disk = mountSmallDisk(3_072);
    await start(join(disk.path, 'data'));
    const random = seededRandom('storage-full');
    for (let round = 0; round < scaled(2, 12); round++) {
      disk.fill();
      await Promise.all(
        terminals.map((terminal) =>
          terminal.pressMany(Array.from({ length: random.between(1, 12) }, () => random.pick(KEYS))),
        ),
      );
      await until('readiness to be red', () => isRed('storage-full', 'storage-io'));
      const isKilled = random.chance(0.5);
      if (isKilled) await gateway.kill();
      disk.free();
      if (isKilled) await gateway.start();
      await until('readiness', async () => (await readiness()).ready);
    }
    await expectHealed();
  });
});

describe.runIf(have(STRACE))('an fsync that fails', () => {
  it('acknowledges nothing, turns readiness red, and trusts the database only after it was opened again', async () => {
    await start();
    await Promise.all(terminals.map((terminal) => terminal.pressMany(KEYS)));
    const errors = await failIo(gateway.pid());
    const strict = await strictTerminal(logins[2] as TerminalLogin);
    expect(await strict.send(1)).toBe(false);
    strict.client.end(true);
    expect(strict.told).toEqual({ pubacked: 0, ackedUpTo: 0 });
    await until('readiness to be red', () => isRed('storage-io'));
    expect(errors.failures()).toBeGreaterThan(0);

    await Promise.all(terminals.map((terminal) => terminal.pressMany([...KEYS, ...KEYS])));
    expect(terminals.map((terminal) => terminal.refused())).toEqual([0, 0]);
    expect((await gateway.fetch('/healthz')).status).toBe(200);
    expect((await gateway.scores()).length).toBeGreaterThan(0);
    // What people change is refused as well, and taken by the connection that is opened afterwards.
    const addLink = async () => {
      const response = await gateway.send('POST', '/api/v1/links', { kind: 'wall', name: '大屏' });
      return [response.status, await response.text()];
    };
    expect(await addLink()).toEqual([503, expect.stringContaining('storage-io')]);
    await errors.heal();
    await until('readiness', async () => (await readiness()).ready);
    expect(await addLink()).toEqual([201, expect.stringContaining('大屏')]);
    expect(verifyAudit(databaseFile(gateway.dataDir))).toMatchObject({ unbroken: true });
    await expectHealed();
    // The one that nobody has acknowledged may have come to life; then it counts, and once.
    expect(storedOf('t-3').length).toBeLessThanOrEqual(1);
    const again = await strictTerminal(logins[2] as TerminalLogin);
    expect(await again.send(1)).toBe(true);
    again.client.end(true);
    expect(storedOf('t-3').map(({ seq, epoch }) => [seq, epoch])).toEqual([[1, EPOCH]]);
    await expectScoresEqualRecount(gateway);
  });

  it.each([
    ['a write that fails', { calls: ['pwrite64'], error: 'EIO' }],
    ['a write without space', { calls: ['pwrite64'], error: 'ENOSPC' }],
    [
      'an fsync that fails now and then under load',
      { calls: ['fsync', 'fdatasync'], error: 'EIO', fromCall: 3 },
    ],
  ])('%s', async (_what, fault) => {
    await start();
    const random = seededRandom(`storage-errors/${_what}`);
    for (let round = 0; round < scaled(1, 8); round++) {
      const errors = await failIo(gateway.pid(), fault);
      const pressing = Promise.all(
        terminals.map((terminal) =>
          terminal.pressMany(Array.from({ length: random.between(6, 20) }, () => random.pick(KEYS))),
        ),
      );
      await until('readiness to be red', () => isRed('storage-io', 'storage-full'));
      await pressing;
      await errors.heal();
      if (random.chance(0.3)) {
        await gateway.kill();
        await gateway.start();
      }
    }
    expect(terminals.map((terminal) => terminal.refused())).toEqual([0, 0]);
    await expectHealed();
  });
});
