/** A dump that was made while votes poured in, put into an empty database: what it does not have, terminals send again. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manyiWith } from '../../support/cli.ts';
import { ADMIN_PASSWORD, startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { openRows, type Rows } from '../../support/open-rows.ts';
import { type Cluster, POSTGRES, runBeside, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { expectScoresEqualRecount } from '../../support/recount.ts';
import { copyToSqlite } from '../../support/sqlite-copy.ts';
import { startTerminal, type TerminalProcess } from '../../support/terminal-process.ts';
import { until } from '../../support/wait.ts';

describe.skipIf(!have(POSTGRES))('a dump of PostgreSQL', () => {
  let cluster: Cluster;
  let folder: string;
  let dump: string;
  let gateway: TestGateway;
  let database: string;
  let rows: Rows;
  let closeRows: () => Promise<void>;
  const terminals: TerminalProcess[] = [];

  const open = async (address: string) => {
    await closeRows?.();
    database = address;
    ({ rows, close: closeRows } = await openRows.ofPostgres(address));
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manyi-dump-'));
    dump = join(folder, 'manyi.dump');
    writeFileSync(dump, '');
    // The programs run as whom the server runs as.
    chmodSync(folder, 0o755);
    chmodSync(dump, 0o666);
    cluster = await startCluster();
    await open(cluster.primary.address(await cluster.createDatabase()));
    gateway = await startGateway({ database });
    const logins: TerminalLogin[] = [];
    await gateway.add((org) => {
      org.unit('hall', '政务服务大厅');
      for (const number of [1, 2]) {
        org.window(`w${number}`, 'hall', `社保综合窗口${number}`);
        logins.push(org.terminal(`t-${number}`, `w${number}`));
      }
    });
    for (const login of logins) terminals.push(await startTerminal({ gateway, login, folder }));
    await until('both to be connected', () => terminals.every((one) => one.isConnected()));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(terminals.map((terminal) => terminal.end('SIGKILL')));
    await gateway?.dispose();
    await closeRows?.();
    await cluster?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const press = () => Promise.all(terminals.map((one) => one.pressMany(['1', '2', '3', '1'])));
  const thanked = () => terminals.reduce((sum, terminal) => sum + terminal.thanked(), 0);
  const stored = async () => (await rows<{ votes: number }>('SELECT count(*) AS votes FROM votes'))[0]?.votes;
  const allIsStored = () =>
    // A terminal may have waited for the gateway for long, and tries it again after a while.
    until('every thanked press to be stored', async () => (await stored()) === thanked(), {
      timeoutMs: 90_000,
    });
  const check = async (...args: string[]) => {
    const settings = { MANYI_DATA_DIR: gateway.dataDir, MANYI_DATABASE: database };
    const { code, out, err } = await manyiWith(settings, 'check', '--json', ...args);
    return { code, err, ...(out === '' ? {} : JSON.parse(out)) };
  };
  const whole = { code: 0, err: '', differingRollups: 0, wrongNumbers: 0, auditUnbroken: true };
  /** What `act` gives, and whether presses came in all the while. */
  const whilePressing = async <T>(act: () => Promise<T>): Promise<T> => {
    const before = thanked();
    let isDone = false;
    const pouring = (async () => {
      do await press();
      while (!isDone);
    })();
    try {
      return await act();
    } finally {
      isDone = true;
      await pouring;
      expect(thanked()).toBeGreaterThan(before);
    }
  };

  it('is made beside a gateway that takes votes, and so is the check', async () => {
    await press();
    await allIsStored();
    await whilePressing(() =>
      runBeside('pg_dump', [
        ...['--format=custom', '--exclude-table-data=sessions'],
        ...[`--file=${dump}`, database],
      ]),
    );
    expect(await whilePressing(() => check())).toMatchObject(whole);
    await allIsStored();
  });

  it('holds when it is put back: the check says so, the audit is the one that it was, and no session is open', async () => {
    expect(await gateway.stop()).toBe(0);
    const before = await stored();
    const again = cluster.primary.address(await cluster.createDatabase());
    await runBeside('pg_restore', ['--exit-on-error', '--no-owner', `--dbname=${again}`, dump]);
    await open(again);
    const found = await check();
    expect(found).toMatchObject(whole);
    expect(found.votes).toBe(await stored());
    expect(found.votes).toBeGreaterThan(0);
    expect(found.votes).toBeLessThan(before as number);
    expect(found.auditEntries).toBeGreaterThan(0);
    expect(await rows('SELECT * FROM sessions')).toEqual([]);
  });

  it('is gone on with: terminals send again what it does not have', async () => {
    const ports = { MANYI_MQTT_PORT: String(gateway.mqttPort), MANYI_HTTP_PORT: String(gateway.httpPort) };
    gateway = await startGateway({ database, dataDir: gateway.dataDir, env: ports });
    await allIsStored();
    await press();
    await allIsStored();
    expect(await check()).toMatchObject({ ...whole, votes: thanked() });
    const copy = await copyToSqlite(database);
    await expectScoresEqualRecount({ ...gateway, dataDir: copy.dataDir });
    copy.dispose();
  });

  it('beside the gateway, rollups are put right that somebody has changed, and the gateway shows it', async () => {
    await gateway.stop();
    await rows(`UPDATE rollups SET unsatisfied = unsatisfied + 40
      WHERE source_key = 1 AND quarter = (SELECT max(quarter) FROM rollups WHERE source_key = 1)`);
    // What it begins with it does not check: that would be all votes of a province.
    await gateway.start();
    const shown = async () => {
      const scores = await (await gateway.signIn('admin', ADMIN_PASSWORD)).fetch(
        '/api/v1/scores?period=today',
      );
      const { rows: shownRows } = (await scores.json()) as { rows: { id: string; votes: number }[] };
      return shownRows.find(({ id }) => id === 'hall')?.votes;
    };
    expect(await shown()).toBeGreaterThan(thanked());
    expect(await check()).toMatchObject({ code: 1, differingRollups: 1, repaired: 0 });
    expect(await whilePressing(() => check('--repair'))).toMatchObject({
      ...{ code: 0, differingRollups: 1, repaired: 1 },
    });
    await allIsStored();
    await until('the gateway to have read again', async () => (await shown()) === thanked());
    expect(await check()).toMatchObject({ ...whole, votes: thanked() });
    const [line] = await rows<{ actor: string }>(`SELECT actor FROM audit WHERE action = 'rollups.repair'`);
    expect(line?.actor).toMatch(/^cli:./);
  });
});
