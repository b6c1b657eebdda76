/** A data folder of the first schema, and programs of today that come to it at the same time. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { Ack } from '../../../protocol/ack.ts';
import { authorityOf, issueIdentity } from '../../support/certificates.ts';
import { type CliResult, manyi } from '../../support/cli.ts';
import { startGateway } from '../../support/gateway.ts';
import { hello, vote, votesMessage } from '../../support/messages.ts';
import { mqttLogin } from '../../support/mqtt-login.ts';
import { makeOldFolder, OLD_AT, OLD_COUNTS, OLD_EPOCH } from '../../support/old-folder.ts';
import { until } from '../../support/wait.ts';

const CLI = new URL('../../../dist/gateway/run/manyi.js', import.meta.url).pathname;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-old-'));
  chmodSync(folder, 0o700);
  makeOldFolder(databaseFile(folder), 1);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function begin(...args: string[]): { pid: number; ended: Promise<CliResult> } {
  let pid = 0;
  const ended = new Promise<CliResult>((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, ...args],
      { env: { ...process.env, MANYI_DATA_DIR: folder } },
      (error, out, err) => resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
    pid = child.pid as number;
  });
  return { pid, ended };
}

function hasOpen(pid: number, file: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === file;
    } catch {
      return false;
    }
  });
}

it('is brought up to date by one of them, while the others wait for it', async () => {
  // So that all of them are there before the first one begins.
  const db = new Database(databaseFile(folder));
  db.exec('BEGIN IMMEDIATE');
  const ids = ['north', 'south', 'west'];
  const programs = ids.map((id) => begin('unit', 'add', '--id', id, '--name', id, '--parent', 'city'));
  await until('each of them to have the database open', () =>
    programs.every(({ pid }) => hasOpen(pid, databaseFile(folder))),
  );
  db.exec('ROLLBACK');
  db.close();
  const ended = await Promise.all(programs.map((program) => program.ended));
  expect(ended.map(({ code, err }) => ({ code, err }))).toEqual(ids.map(() => ({ code: 0, err: '' })));

  const units = await manyi(folder, 'unit', 'list', '--json');
  const listed = JSON.parse(units.out) as { id: string }[];
  expect(listed.map(({ id }) => id).sort()).toEqual(['city', 'north', 'south', 'town', 'west']);
  expect(await manyi(folder, 'check')).toMatchObject({ code: 0 });
  const verified = await manyi(folder, 'audit', 'verify', '--json');
  expect(JSON.parse(verified.out)).toMatchObject({ unbroken: true, entries: ids.length });
});

it('is gone on with by the gateway and by a terminal, which sends the rest of its journal', async () => {
  const gateway = await startGateway({ dataDir: folder });
  let client: mqtt.MqttClient | null = null;
  try {
    const exported = () =>
      gateway.getJson<{ seq: number; epoch: string }[]>(
        `/api/v1/votes?from=${OLD_AT}&to=${Date.now() + 60_000}`,
      );
    const stored = Array.from({ length: 40 }, (_, index) => index + 1);
    expect((await exported()).map(({ seq }) => seq)).toEqual(stored);

    const store = createSqliteStore({ file: databaseFile(folder) });
    const identity = await issueIdentity(await authorityOf(folder), 't-1', store.fleet);
    store.close();
    const acks: Ack[] = [];
    client = mqtt.connect(`mqtts://127.0.0.1:${gateway.mqttPort}`, mqttLogin({ id: 't-1', identity }));
    client.on('message', (_topic, payload) => void acks.push(JSON.parse(String(payload)) as Ack));
    await new Promise((resolve) => client?.once('connect', resolve));
    await client.subscribeAsync('manyi/v1/t-1/ack', { qos: 1 });
    const send = (kind: string, payload: string) =>
      client?.publishAsync(`manyi/v1/t-1/${kind}`, payload, { qos: 1 });
    await send('hello', hello(1, 46, OLD_EPOCH));
    await until('the gateway to say what it has', () => acks.at(-1)?.upTo === 45);
    // The last one that it has, as it has it, and the next.
    const again = vote(40, 'satisfied', { at: OLD_AT + 900_040, mono: 40 });
    const totals = { satisfied: OLD_COUNTS.satisfied + 1, basically: 13, unsatisfied: 13 };
    await send('votes', votesMessage([again, vote(46)], totals, OLD_EPOCH));
    await until('both to be accounted for', () => acks.at(-1)?.upTo === 46);
    expect((await exported()).map(({ seq }) => seq)).toEqual([...stored, 46]);
    const held = JSON.parse((await manyi(folder, 'quarantine', 'list', '--json')).out) as object[];
    expect(held).toHaveLength(3);
    expect(await manyi(folder, 'check')).toMatchObject({ code: 0 });
  } finally {
    client?.end(true);
    await gateway.dispose();
  }
});
