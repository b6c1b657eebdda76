/** A gateway has nothing that is not in the database: its terminals go to another, or wait for it in their journals. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { manyiWith } from '../support/cli.ts';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { buildNextVersion } from '../support/cluster/next-version.ts';
import { connectionsOf, startScene } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import { MAIN, type TestGateway } from '../support/gateway.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

/** A transaction that stands still is ended after 20 s; what waits for it has tried twice by then. */
const DECIDED_MS = 40_000;
const MANY = 200;
/** A gateway with a tenth more than its half sends none away. */
const SHARE = 0.43;
const seconds = (ms: number) => (ms / 1_000).toFixed(1);

describe.runIf(have(...SERVERS))('gateways', () => {
  let set: DatabaseSet;
  beforeAll(async () => {
    set = await startDatabaseSet();
  });
  afterAll(() => set?.dispose());

  it('one is killed, and its terminals go to the other', async () => {
    const scene = await startScene(set, { name: 'gateway killed', gateways: 2 });
    const [first, second] = scene.gateways as [TestGateway, TestGateway];
    const had = await connectionsOf(first);
    expect(had).toBeGreaterThan(0);
    await first.kill();
    const tookMs = await scene.presses.acksGoOn();
    expect(await connectionsOf(second)).toBe(scene.swarm.terminals.length);
    await first.start();
    await scene.presses.acksGoOn();
    await scene.end(`${had} terminals had their next ack within ${seconds(tookMs)} s`);
  });

  it('all are killed, and nothing that was pressed meanwhile is lost', async () => {
    const scene = await startScene(set, { name: 'all gateways killed', gateways: 2 });
    await Promise.all(scene.gateways.map((gateway) => gateway.kill()));
    const before = scene.presses.thanked().size;
    await until('presses without a gateway', () => scene.presses.thanked().size > before + 200);
    const meanwhile = scene.presses.thanked().size - before;
    await Promise.all(scene.gateways.map((gateway) => gateway.start()));
    const tookMs = await scene.presses.acksGoOn();
    await scene.end(
      `${meanwhile} thanked meanwhile, an ack for all ${seconds(tookMs)} s after they were started`,
    );
  });

  it('one stands still with votes under way, its terminals go to the other, and it goes on', async () => {
    const scene = await startScene(set, { name: 'gateway frozen', gateways: 2 });
    const [first, second] = scene.gateways as [TestGateway, TestGateway];
    process.kill(first.pid(), 'SIGSTOP');
    const tookMs = await scene.presses.acksGoOn(90_000);
    expect(await connectionsOf(second)).toBe(scene.swarm.terminals.length);
    process.kill(first.pid(), 'SIGCONT');
    await until(
      'each terminal to be at one gateway',
      async () =>
        (await connectionsOf(first)) + (await connectionsOf(second)) === scene.swarm.terminals.length,
    );
    await scene.presses.acksGoOn();
    await scene.end(`acks went on at the other after ${seconds(tookMs)} s`);
  });

  it('are replaced one after the other under load', async () => {
    const scene = await startScene(set, { name: 'upgrade under load', gateways: 2 });
    let worstMs = 0;
    for (const gateway of [...scene.gateways, ...scene.gateways]) {
      expect(await gateway.stop()).toBe(0);
      worstMs = Math.max(worstMs, await scene.presses.acksGoOn());
      await gateway.start();
      worstMs = Math.max(worstMs, await scene.presses.acksGoOn());
    }
    await scene.end(`each replaced twice, the slowest ack took ${seconds(worstMs)} s`);
  });

  it('are replaced by a version that brings a migration, while the one of before goes on', async () => {
    const next = buildNextVersion();
    onTestFinished(next.dispose);
    const programs = [MAIN, MAIN];
    const program = (gateway: number) => programs[gateway] as string;
    const scene = await startScene(set, { name: 'upgrade with a migration', gateways: 2, program });
    const [first, second] = scene.gateways as [TestGateway, TestGateway];
    const primary = await set.having('primary');
    const versionOf = async () => {
      const [row] = await set.sql<{ version: number }>(
        primary,
        'SELECT max(number) AS version FROM schema_migrations',
      );
      return row?.version ?? 0;
    };
    const before = await versionOf();

    expect(await first.stop()).toBe(0);
    let worstMs = await scene.presses.acksGoOn();
    // Somebody reads what is to be changed: the migration waits, and nobody behind it.
    const reader = new pg.Client({ connectionString: await set.primaryAddress() });
    reader.on('error', () => {});
    await reader.connect();
    onTestFinished(() => reader.end());
    await reader.query('BEGIN; SELECT count(*) FROM votes');
    programs[0] = next.main;
    const started = first.start();
    await until(
      'the migration to wait',
      async () =>
        (await set.sql(primary, `SELECT 1 FROM pg_stat_activity WHERE application_name = 'manyi migrate'`))
          .length > 0,
    );
    for (let turn = 0; turn < 3; turn++) worstMs = Math.max(worstMs, await scene.presses.acksGoOn());
    expect(await versionOf()).toBe(before);
    await reader.query('COMMIT');
    await started;
    expect(await versionOf()).toBe(before + 1);

    // Both versions at once, and terminals at both.
    await scene.balancer.kill();
    await scene.balancer.start();
    await until('terminals at both', async () =>
      (await Promise.all(scene.gateways.map(connectionsOf))).every((count) => count > 0),
    );
    worstMs = Math.max(worstMs, await scene.presses.acksGoOn());
    expect(second.log()).not.toContain('storage-');
    programs[1] = next.main;
    expect(await second.stop()).toBe(0);
    worstMs = Math.max(worstMs, await scene.presses.acksGoOn());
    await second.start();
    worstMs = Math.max(worstMs, await scene.presses.acksGoOn());
    await scene.end(`schema ${before} to ${before + 1}, the slowest ack took ${seconds(worstMs)} s`);
  });

  it('one stands still inside a transaction, and a decision waits for it no longer than it must', async () => {
    const scene = await startScene(set, { name: 'frozen in a transaction', gateways: 2 });
    const [first, second] = scene.gateways as [TestGateway, TestGateway];
    const primary = await set.having('primary');
    const [, door] = scene.doors;
    const blocker = new pg.Client({ connectionString: await set.primaryAddress() });
    blocker.on('error', () => {});
    await blocker.connect();
    onTestFinished(() => blocker.end());
    const lanes = `FROM pg_stat_activity WHERE application_name LIKE 'manyi lane%'`;
    const count = async (state: string) => (await set.sql(primary, `SELECT 1 ${lanes} AND ${state}`)).length;
    await blocker.query('BEGIN; LOCK TABLE rollups IN SHARE ROW EXCLUSIVE MODE');
    // Lanes of both wait; those of the one that stands still then have their answer, and do not hear it.
    await until('every lane to wait', async () => (await count(`wait_event_type = 'Lock'`)) >= 6);
    process.kill(first.pid(), 'SIGSTOP');
    const begunMs = performance.now();
    await blocker.query('COMMIT');
    await until(
      'transactions that nobody goes on with',
      async () => (await count(`state = 'idle in transaction'`)) > 0,
    );
    const hour = 3_600_000;
    await until(
      'a person to have decided',
      async () => {
        const { code, err } = await manyiWith(
          { MANYI_DATA_DIR: second.dataDir, MANYI_DATABASE: door?.address ?? '' },
          ...['votes', 'exclude', '--terminal', 't-1', '--reason', '试运行'],
          ...['--from', new Date(Date.now() - 3 * hour).toISOString()],
          ...['--to', new Date(Date.now() - 2 * hour).toISOString()],
        );
        if (code !== 0) throw new Error(err);
        return true;
      },
      { timeoutMs: 90_000 },
    );
    const tookMs = performance.now() - begunMs;
    expect(tookMs).toBeGreaterThan(5_000);
    expect(tookMs).toBeLessThan(DECIDED_MS);
    process.kill(first.pid(), 'SIGCONT');
    await scene.presses.acksGoOn(60_000);
    await scene.end(`a decision was made after ${seconds(tookMs)} s`);
  });

  it('one is restarted, and has its share of a hall of terminals again by and by', async () => {
    const scene = await startScene(set, { name: 'share after a restart', gateways: 2, terminals: MANY });
    const [first, second] = scene.gateways as [TestGateway, TestGateway];
    expect(await first.stop()).toBe(0);
    await scene.presses.acksGoOn();
    expect(await connectionsOf(second)).toBe(MANY);
    await first.start();
    const begunMs = performance.now();
    await until('it to have its share', async () => (await connectionsOf(first)) >= MANY * SHARE, {
      timeoutMs: 120_000,
      everyMs: 200,
    });
    const tookMs = performance.now() - begunMs;
    await scene.presses.acksGoOn();
    await scene.end(`${await connectionsOf(first)} of ${MANY} terminals after ${seconds(tookMs)} s`);
  });
});
