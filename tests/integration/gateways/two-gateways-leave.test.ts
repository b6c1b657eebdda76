/** Two gateways on one database: whose leave has ended at one of them has it at none, from the answer on. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAccount, addLink, createClient, createLinkClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { mqttLogin } from '../../support/mqtt-login.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { until } from '../../support/wait.ts';

const WITHIN_MS = 1_000;
/** Ends every line on which gateways hear of each other, as soon as it is there, until it is cancelled. */
const CUT_NOTICES = `DO $$ BEGIN LOOP
  PERFORM pg_stat_clear_snapshot();
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'manyi notices' AND datname = current_database();
  PERFORM pg_sleep(0.001);
END LOOP; END $$`;

describe.skipIf(!have(POSTGRES))('two gateways on one database', () => {
  let cluster: Cluster;
  let folder: string;
  let address: string;
  let one: TestGateway;
  let other: TestGateway;
  const logins: TerminalLogin[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manyi-leave-'));
    cluster = await startCluster();
    address = cluster.primary.address(await cluster.createDatabase());
    one = await startGateway({ database: address });
    await one.add((org) => {
      org.unit('hall', '政务服务大厅');
      org.window('w1', 'hall', '一号窗口');
      for (const id of ['t-1', 't-2', 't-3', 't-4']) logins.push(org.terminal(id, 'w1'));
    });
    const dataDir = join(folder, 'second');
    cpSync(one.dataDir, dataDir, { recursive: true });
    other = await startGateway({ database: address, dataDir });
  }, 120_000);
  afterAll(async () => {
    await Promise.all([one, other].map((gateway) => gateway?.dispose()));
    await cluster?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  const connect = (gateway: TestGateway, at: number) =>
    connectAsync(`mqtts://127.0.0.1:${gateway.mqttPort}`, mqttLogin(logins[at] as TerminalLogin));

  const revoke = async (at: number) => {
    const there = await connect(other, at);
    const ended = new Promise<void>((resolve) => there.once('close', () => resolve()));
    const path = `/api/v1/terminals/${(logins[at] as TerminalLogin).id}/revocations`;
    const answer = await one.send('POST', path, { reason: '被盗' });
    expect(answer.status).toBe(201);
    const begun = performance.now();
    // At once: nobody has told the other one.
    await expect(connect(other, at)).rejects.toMatchObject({ code: 5 });
    await ended;
    expect(performance.now() - begun).toBeLessThan(WITHIN_MS);
  };

  it('refuse a terminal that was revoked at one of them, from the answer on, and cut it off', async () => {
    for (const at of [0, 1, 2]) await revoke(at);
  });

  it('do so while neither can hear of the other', async () => {
    const [cutter, keeper] = [
      new pg.Client({ connectionString: address }),
      new pg.Client({ connectionString: address }),
    ];
    await Promise.all([cutter.connect(), keeper.connect()]);
    const { rows } = await cutter.query('SELECT pg_backend_pid() AS pid');
    const cutting = expect(cutter.query(CUT_NOTICES)).rejects.toMatchObject({ code: '57014' });
    const lines = async () => {
      const { rows: there } = await keeper.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'manyi notices' AND datname = current_database()`,
      );
      return there.length;
    };
    await until('their lines to be cut', async () => (await lines()) === 0);
    await revoke(3);
    await keeper.query('SELECT pg_cancel_backend($1)', [rows[0].pid]);
    await cutting;
    await until('them to hear of each other again', async () => (await lines()) === 2, { timeoutMs: 10_000 });
    await Promise.all([cutter.end(), keeper.end()]);
  });

  it('end a session, and the streams that it has open at either, when it ends at one of them', async () => {
    const person = await addAccount(one, { name: 'li', role: 'operator' });
    const there = createClient(() => other.httpUrl, person.headers);
    expect((await there.fetch('/api/v1/session')).status).toBe(200);
    const wall = await listenLive(there);
    await wall.snapshot();
    const closed = new Promise<number>((resolve) => wall.socket.once('close', resolve));
    const begun = performance.now();
    expect((await one.send('PATCH', '/api/v1/accounts/li', { role: 'technician' })).status).toBe(200);
    expect((await there.fetch('/api/v1/session')).status).toBe(401);
    expect(await closed).toBe(4401);
    expect(performance.now() - begun).toBeLessThan(WITHIN_MS);
  });

  it('show a screen nothing more whose link is revoked at one of them', async () => {
    const { id, token } = await addLink(one, { kind: 'wall' });
    const there = createLinkClient(other, token);
    const wall = await listenLive(there);
    await wall.snapshot();
    const begun = performance.now();
    expect((await one.send('DELETE', `/api/v1/links/${id}`)).ok).toBe(true);
    await until('its end', () => wall.socket.readyState === wall.socket.CLOSED, { timeoutMs: WITHIN_MS });
    expect(performance.now() - begun).toBeLessThan(WITHIN_MS);
    expect((await there.fetch('/api/v1/scores?period=today')).status).toBe(401);
  });

  it('know a new unit and its window within a second', async () => {
    await Promise.all([one.headers(), other.headers()]);
    await one.add((org) => org.window('w2', org.unit('hall-2', '二号大厅'), '二号窗口'));
    const begun = performance.now();
    const knows = async (gateway: TestGateway) =>
      (await gateway.getJson<{ id: string }[]>('/api/v1/windows')).some(({ id }) => id === 'w2');
    await until('both to know it', async () => (await knows(one)) && (await knows(other)));
    expect(performance.now() - begun).toBeLessThan(WITHIN_MS);
  });
});
