/** Who is the primary is agreed in etcd: its leader is lost, then its majority, and votes go on, for nothing is wrong with the database. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { etcdLeader } from '../support/cluster/etcd.ts';
import { startScene } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

const LEASE_MS = 20_000;

describe.runIf(have(...SERVERS))('etcd', () => {
  let set: DatabaseSet;
  beforeAll(async () => {
    set = await startDatabaseSet();
  });
  afterAll(() => set?.dispose());

  it('loses its leader', async () => {
    const scene = await startScene(set, { name: 'etcd leader killed', gateways: 2 });
    const primary = await set.having('primary');
    const leader = await etcdLeader(set.etcd);
    await leader.kill();
    const tookMs = await scene.presses.acksGoOn();
    const next = await etcdLeader(set.etcd);
    expect(next.name).not.toBe(leader.name);
    leader.start();
    await set.whole();
    expect((await set.having('primary')).name).toBe(primary.name);
    await scene.end(`an ack after ${(tookMs / 1_000).toFixed(1)} s, ${next.name} leads for ${leader.name}`);
  });

  it('loses its majority for longer than a lease', async () => {
    const scene = await startScene(set, { name: 'etcd majority killed', gateways: 2 });
    const primary = await set.having('primary');
    const lost = set.etcd.slice(0, 2);
    await Promise.all(lost.map((member) => member.kill()));
    const untilMs = performance.now() + 1.5 * LEASE_MS;
    let worstMs = 0;
    await until(
      'the lease to have run out',
      async () => {
        worstMs = Math.max(worstMs, await scene.presses.acksGoOn());
        return performance.now() >= untilMs;
      },
      { timeoutMs: 4 * LEASE_MS },
    );
    expect(await primary.is('primary')).toBe(true);
    for (const member of lost) member.start();
    await etcdLeader(set.etcd);
    await set.whole();
    expect((await set.having('primary')).name).toBe(primary.name);
    await scene.end(
      `the longest ack within ${(1.5 * LEASE_MS) / 1_000} s took ${(worstMs / 1_000).toFixed(1)} s`,
    );
  });
});
