/** Two gateways on one database: a terminal at either of them, and the same to be seen at both. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { manyiWith } from '../../support/cli.ts';
import { comeBy } from '../../support/come-by.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { type LiveClient, listenLive } from '../../support/live-client.ts';
import { readMetrics } from '../../support/metrics.ts';
import { openRows, type Rows } from '../../support/open-rows.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { expectScoresEqualRecount } from '../../support/recount.ts';
import { copyToSqlite } from '../../support/sqlite-copy.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { startTerminal, type TerminalProcess } from '../../support/terminal-process.ts';
import { until } from '../../support/wait.ts';

describe.skipIf(!have(POSTGRES))('two gateways on one database', () => {
  let cluster: Cluster;
  let database: string;
  let gateways: [TestGateway, TestGateway];
  let walls: LiveClient[] = [];
  let rows: Rows;
  let closeRows: () => Promise<void>;
  let folder: string;
  /** Of a terminal that is only here to be revoked. */
  let spare: TerminalLogin;
  /** Each terminal's way to a gateway, and which it leads to. */
  const ways: { proxy: TcpProxy; to: 0 | 1 }[] = [];
  const terminals: TerminalProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manyi-two-'));
    cluster = await startCluster();
    database = cluster.primary.address(await cluster.createDatabase());
    const first = await startGateway({ database });
    const logins: TerminalLogin[] = [];
    await first.add((org) => {
      org.unit('hall', '政务服务大厅');
      for (const number of [1, 2]) {
        org.window(`w${number}`, 'hall', `社保综合窗口${number}`);
        logins.push(org.terminal(`t-${number}`, `w${number}`));
      }
      org.unit('annex', '分厅');
      org.window('w9', 'annex', '备用窗口');
      spare = org.terminal('t-9', 'w9');
    });
    // On another machine, with nothing of the first but the key of the seal.
    gateways = [first, await startGateway({ database })];
    ({ rows, close: closeRows } = await openRows.ofPostgres(database));
    for (const login of logins) {
      const way = { to: 0 as 0 | 1, proxy: null as unknown as TcpProxy };
      way.proxy = await startTcpProxy(() => gateways[way.to].mqttPort, true);
      ways.push(way);
      terminals.push(await startTerminal({ gateway: first, login, folder, port: way.proxy.port }));
    }
  }, 120_000);
  afterAll(async () => {
    for (const wall of walls) wall.close();
    await Promise.all(terminals.map((terminal) => terminal.end('SIGKILL')));
    await Promise.all(ways.map(({ proxy }) => proxy.dispose()));
    await Promise.all((gateways ?? []).map((gateway) => gateway.dispose()));
    await closeRows?.();
    await cluster?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    for (const wall of walls) wall.close();
    walls = await Promise.all(gateways.map((gateway) => listenLive(gateway)));
    await Promise.all(walls.map((wall) => wall.snapshot()));
  });

  const [t1, t2] = [() => terminals[0] as TerminalProcess, () => terminals[1] as TerminalProcess];
  const thanked = () => terminals.reduce((sum, terminal) => sum + terminal.thanked(), 0);
  const stored = async () => (await rows<{ votes: number }>('SELECT count(*) AS votes FROM votes'))[0]?.votes;
  const move = async (of: number, to: 0 | 1) => {
    const way = ways[of] as (typeof ways)[number];
    way.to = to;
    way.proxy.cut('rst');
    const there = ways.filter((one) => one.to === to).length;
    await until(`${there} to be there`, async () => (await connectionsOf(to)) === there, {
      timeoutMs: 30_000,
    });
  };
  const connectionsOf = async (at: 0 | 1) => (await readMetrics(gateways[at])).of('manyi_mqtt_connections');
  const allSay = (what: string, test: (wall: LiveClient) => boolean, timeoutMs = 5_000) =>
    until(what, () => walls.every(test), { timeoutMs });
  const expectAllEqual = async () => {
    await until('every thanked press to be stored', async () => (await stored()) === thanked());
    const copy = await copyToSqlite(database);
    try {
      for (const gateway of gateways) await expectScoresEqualRecount({ ...gateway, dataDir: copy.dataDir });
    } finally {
      copy.dispose();
    }
  };

  it('show a press at the one on the wall of the other within a second, and who is there', async () => {
    await allSay('both to be there', (wall) => wall.unit('hall')?.terminals.online === 2);
    // Before there is any vote.
    await allSay('nothing to be missing', (wall) => wall.unit('hall')?.completeness.state === 'complete');
    const begun = performance.now();
    await t1().press('1');
    await allSay('the press', (wall) => wall.window('w1')?.votes === 1, 1_000);
    expect(performance.now() - begun).toBeLessThan(1_000);
    await t2().pressMany(['3', '2']);
    await allSay('the ticker', (wall) => wall.ticker().length === 3);
    await allSay('nothing to be missing', (wall) => wall.unit('hall')?.completeness.state === 'complete');
    await expectAllEqual();
  });

  it('take a terminal from each other, with what it has not been thanked for', async () => {
    await move(0, 1);
    await t1().pressMany(['1', '2', '3']);
    await allSay('the presses', (wall) => wall.window('w1')?.votes === 4);
    await allSay('both to be there', (wall) => wall.unit('hall')?.terminals.online === 2);
    await move(0, 0);
    await t1().press('1');
    await allSay('one more', (wall) => wall.window('w1')?.votes === 5);
    await allSay('nothing to be missing', (wall) => wall.unit('hall')?.completeness.state === 'complete');
    expect(await rows('SELECT * FROM lost')).toEqual([]);
    await expectAllEqual();
  });

  it('leave out what is excluded at one of them, also what comes to the other afterwards', async () => {
    const hour = 3_600_000;
    const decided = await manyiWith(
      { MANYI_DATA_DIR: gateways[0].dataDir, MANYI_DATABASE: database },
      ...['votes', 'exclude', '--terminal', 't-2', '--reason', '试运行'],
      ...['--from', new Date(Date.now() - hour).toISOString()],
      ...['--to', new Date(Date.now() + hour).toISOString()],
    );
    expect(decided).toMatchObject({ code: 0 });
    await allSay('what is left', (wall) => wall.window('w2')?.votes === 0);
    await move(1, 1);
    await t2().pressMany(['1', '1']);
    await t1().press('1');
    await allSay('what counts', (wall) => wall.window('w1')?.votes === 6);
    await allSay('what does not', (wall) => wall.window('w2')?.excluded?.satisfied === 2);
    await expectAllEqual();
  });

  it('go on with TLS sessions of each other, and refuse a terminal with one within a second of its revocation', async () => {
    const [here, there] = gateways;
    const come = ({ mqttPort }: TestGateway, session?: Buffer) => comeBy(mqttPort, spare.id, spare, session);
    const { session } = await come(here);
    for (const gateway of [there, here])
      expect(await come(gateway, session)).toMatchObject({ code: 0, isResumed: true });
    const revoked = await here.send('POST', `/api/v1/terminals/${spare.id}/revocations`, { reason: '被盗' });
    expect(revoked.status).toBe(201);
    const begun = performance.now();
    const refused = await until('the refusal', async () => {
      const answer = await come(there, session);
      return answer.code === 5 ? answer : null;
    });
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(refused.isResumed).toBe(true);
  });

  it('do not fill their logs for somebody who tells them things', async () => {
    const said = ({ log }: TestGateway) => log().split('"notice-unknown"').length - 1;
    await rows(`SELECT pg_notify('manyi', 'nothing ' || n) FROM generate_series(1, 500) AS n`);
    await until('it to be said', () => gateways.every((gateway) => said(gateway) > 0));
    await t1().press('1');
    await allSay('a press after it', (wall) => wall.window('w1')?.votes === 7);
    for (const gateway of gateways) expect(said(gateway)).toBeLessThan(50);
  });

  it('go on when one is killed, and the wall of the other says who is away', async () => {
    await move(0, 1);
    await gateways[1].kill();
    await until('its terminal to be away', () => walls[0]?.window('w1')?.terminals.online === 0, {
      timeoutMs: 10_000,
    });
    await t1().pressMany(['2', '2']);
    (ways[0] as (typeof ways)[number]).to = 0;
    await until('the presses at the other', () => walls[0]?.window('w1')?.votes === 9, { timeoutMs: 30_000 });
    await gateways[1].start();
    walls[1] = await listenLive(gateways[1]);
    await walls[1].snapshot();
    await allSay('both to be there', (wall) => wall.unit('hall')?.terminals.online === 2, 30_000);
    await expectAllEqual();
  });
});
