/** The gateway with its data in PostgreSQL, as people and terminals meet it: nothing they see tells them where that is. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScoreRow } from '../../../protocol/score.ts';
import { authorityOf } from '../../support/certificates.ts';
import { manyiWith } from '../../support/cli.ts';
import { SEAL_KEY, startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { readMetrics } from '../../support/metrics.ts';
import { openRows, type Rows } from '../../support/open-rows.ts';
import { type Cluster, POSTGRES, run as runTool, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { expectScoresEqualRecount } from '../../support/recount.ts';
import { copyToSqlite } from '../../support/sqlite-copy.ts';
import { startTerminal, type TerminalProcess } from '../../support/terminal-process.ts';
import { until } from '../../support/wait.ts';

describe.skipIf(!have(POSTGRES))('a gateway on PostgreSQL', () => {
  let cluster: Cluster;
  let database: string;
  let gateway: TestGateway;
  let rows: Rows;
  let closeRows: () => Promise<void>;
  let folder: string;
  const logins: TerminalLogin[] = [];
  const terminals: TerminalProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manyi-terminals-'));
    cluster = await startCluster();
    database = cluster.primary.address(await cluster.createDatabase());
    gateway = await startGateway({ database });
    ({ rows, close: closeRows } = await openRows.ofPostgres(database));
    await gateway.add((org) => {
      org.unit('hall', '政务服务大厅');
      for (const number of [1, 2]) {
        org.window(`w${number}`, 'hall', `社保综合窗口${number}`);
        logins.push(org.terminal(`t-${number}`, `w${number}`));
      }
    });
    for (const login of logins) terminals.push(await startTerminal({ gateway, login, folder }));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(terminals.map((terminal) => terminal.end('SIGKILL')));
    await gateway?.dispose();
    await closeRows?.();
    await cluster?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const first = () => terminals[0] as TerminalProcess;
  const second = () => terminals[1] as TerminalProcess;
  const thanked = () => terminals.reduce((sum, terminal) => sum + terminal.thanked(), 0);
  const stored = async () => (await rows<{ votes: number }>('SELECT count(*) AS votes FROM votes'))[0]?.votes;
  const allIsStored = () =>
    until('every thanked press to be stored', async () => (await stored()) === thanked());
  const run = (...args: string[]) =>
    manyiWith({ MANYI_DATA_DIR: gateway.dataDir, MANYI_DATABASE: database }, ...args);
  const expectRecount = async () => {
    const copy = await copyToSqlite(database);
    try {
      await expectScoresEqualRecount({ ...gateway, dataDir: copy.dataDir });
    } finally {
      copy.dispose();
    }
  };

  it('stores a press and shows it live, within a second', async () => {
    const live = await listenLive(gateway);
    await live.snapshot();
    await first().press('1');
    const begun = performance.now();
    await until('the press on the wall', () => live.window('w1')?.votes === 1, { timeoutMs: 1_000 });
    expect(performance.now() - begun).toBeLessThan(1_000);
    await second().pressMany(['3', '2']);
    await allIsStored();
    await until('the ticker', () => live.ticker().length === 3);
    live.close();
    await expectRecount();
  });

  it('has the same after it was killed while presses came in', async () => {
    await gateway.kill();
    await first().pressMany(['1', '1', '3']);
    await gateway.start();
    await allIsStored();
    await expectRecount();
    const live = await listenLive(gateway);
    await live.snapshot();
    expect(live.ticker()).toHaveLength(thanked());
    live.close();
  });

  it('says so while the server is away, takes presses into the journals, and goes on by itself', async () => {
    const ready = async () => (await fetch(`${gateway.httpUrl}/readyz`)).status;
    expect(await ready()).toBe(200);
    await cluster.primary.kill();
    await first().pressMany(['2', '1']);
    await until('it to be said', async () => (await ready()) === 503);
    await cluster.primary.start();
    await closeRows();
    ({ rows, close: closeRows } = await openRows.ofPostgres(database));
    await until('it to be ready again', async () => (await ready()) === 200, { timeoutMs: 30_000 });
    await second().press('1');
    await allIsStored();
    await expectRecount();
    expect(gateway.log()).not.toContain(database);
  });

  it('is led from the command line beside it, and notices', async () => {
    expect(JSON.parse((await run('terminal', 'list', '--json')).out)).toMatchObject([
      { id: 't-1' },
      { id: 't-2' },
    ]);
    expect((await run('window', 'add', '--unit', 'hall', '--id', 'w3', '--name', '三号窗口')).code).toBe(0);
    await until('the window to be known', async () =>
      (await gateway.getJson<{ id: string }[]>('/api/v1/windows')).some(({ id }) => id === 'w3'),
    );
    const hour = 3_600_000;
    const span = [
      '--from',
      new Date(Date.now() - hour).toISOString(),
      '--to',
      new Date(Date.now() + hour).toISOString(),
    ];
    const excluded = await run(
      'votes',
      'exclude',
      '--terminal',
      't-2',
      ...span,
      '--reason',
      '试运行',
      '--json',
    );
    expect([excluded.code, excluded.err]).toEqual([0, '']);
    await until('them to be left out', async () =>
      (await gateway.scores('today')).some(({ id, votes }) => id === 'w2' && votes === 0),
    );
    await expectRecount();
    expect((await run('audit', 'list', '--json')).out).toContain('votes.exclude');
    expect(await run('audit', 'verify')).toMatchObject({ code: 0, out: expect.stringContaining('unbroken') });
    await rows('ALTER TABLE audit DISABLE TRIGGER ALL');
    await rows(`UPDATE audit SET actor = 'account:nobody' WHERE action = 'votes.exclude'`);
    expect(await run('audit', 'verify')).toMatchObject({
      code: 1,
      err: expect.stringContaining('audit-broken: changed'),
    });
    await rows(
      `UPDATE audit SET actor = (SELECT actor FROM audit WHERE action = 'window.add') WHERE action = 'votes.exclude'`,
    );
    expect((await run('audit', 'verify')).code).toBe(0);
  });

  it('says of what is about a file in the data folder that its data is elsewhere', async () => {
    const instead = { backup: 'pg_dump --format=custom', restore: 'pg_restore --exit-on-error' };
    for (const args of [
      ['backup', '--to', join(folder, 'backup')],
      ['restore', join(folder, 'backup')],
    ]) {
      const { code, err } = await run(...args);
      expect([args[0], code]).toEqual([args[0], 1]);
      expect(err).toMatch(/^database-elsewhere: /);
      expect(err).toContain(instead[args[0] as keyof typeof instead]);
      expect(err).toContain('docs/postgresql.md');
    }
  });

  it('cuts a terminal off that is revoked beside it, within a second', async () => {
    expect((await run('terminal', 'revoke', '--terminal', 't-2', '--reason', '被盗')).code).toBe(0);
    await until(
      'it to be offline',
      async () =>
        (await gateway.getJson<{ id: string; online: boolean }[]>('/api/v1/terminals')).some(
          ({ id, online }) => id === 't-2' && !online,
        ),
      { timeoutMs: 2_000 },
    );
  });

  it('is what it was after a dump was put back, with its data folder', async () => {
    const dump = join(folder, 'manyi.dump');
    writeFileSync(dump, '');
    // The programs run as whom the server runs as.
    chmodSync(folder, 0o755);
    chmodSync(dump, 0o666);
    runTool('pg_dump', ['--format=custom', `--file=${dump}`, database]);
    const before = { scores: await gateway.scores('month'), audit: await run('audit', 'list', '--json') };
    await gateway.stop();
    const again = cluster.primary.address(await cluster.createDatabase());
    runTool('pg_restore', [`--dbname=${again}`, '--no-owner', dump]);
    const restored = await startGateway({ database: again, dataDir: gateway.dataDir });
    const same = (rows: ScoreRow[]) =>
      rows.map(({ id, votes, counts, lastVoteAt }) => ({ id, votes, counts, lastVoteAt }));
    expect(same(await restored.scores('month'))).toEqual(same(before.scores));
    await restored.stop();
    const after = await manyiWith(
      { MANYI_DATA_DIR: gateway.dataDir, MANYI_DATABASE: again },
      'audit',
      'list',
      '--json',
    );
    expect(JSON.parse(after.out)).toEqual(expect.arrayContaining(JSON.parse(before.audit.out)));
    await gateway.start();
  });

  it('goes on at a gateway of another machine, which needs the key of the seal and nothing else', async () => {
    await gateway.stop();
    const other = mkdtempSync(join(tmpdir(), 'manyi-other-'));
    await authorityOf(other);
    const there = { database, dataDir: other, env: { MANYI_MQTT_PORT: String(gateway.mqttPort) } };
    await expect(startGateway({ ...there, sealKey: null })).rejects.toThrow('seal-key-missing');
    await first().press('1');
    const next = await startGateway(there);
    await allIsStored();
    // Its terminals trust it: one goes on with its session, however often it has to come, and the revoked one, which was left none, gets in no more.
    const metrics = await readMetrics(next);
    expect(metrics.of('manyi_tls_handshakes_total', { kind: 'resumed' })).toBeGreaterThanOrEqual(1);
    await until('the revoked one to be refused', async () => {
      const refused = await readMetrics(next);
      return refused.of('manyi_mqtt_refused_total', { reason: 'certificate-revoked' }) > 0;
    });
    expect(next.log()).toContain('keys-left-behind');
    for (const secret of [SEAL_KEY, 'PRIVATE KEY']) expect(next.log()).not.toContain(secret);
    await next.dispose();
    await gateway.start();
  });
});
