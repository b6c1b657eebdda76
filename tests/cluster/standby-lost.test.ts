/** A commit is answered when a second machine has it: one standby is lost and the other takes its place, or all are and nothing is acknowledged. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { votesSeen } from '../support/cluster/acked-on.ts';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { startScene } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

/** Three checks of Patroni's, one of which finds the other standby streaming. */
const NEXT_STANDBY_MS = 15_000;

const WAITING = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE 'manyi lane%'`;

describe.runIf(have(...SERVERS))('standbys', () => {
  let set: DatabaseSet;
  beforeAll(async () => {
    set = await startDatabaseSet();
  });
  afterAll(() => set?.dispose());

  it('one is killed, and commits wait for the other', async () => {
    const scene = await startScene(set, { name: 'standby killed', gateways: 2 });
    const [primary, standby] = [await set.having('primary'), await set.having('synchronous')];
    await standby.kill();
    const tookMs = await scene.presses.acksGoOn(NEXT_STANDBY_MS);
    expect(await primary.is('primary')).toBe(true);
    const next = await set.having('synchronous');
    expect(next.name).not.toBe(standby.name);
    standby.start();
    await set.whole();
    await scene.end(
      `acks went on after ${(tookMs / 1_000).toFixed(1)} s, with ${next.name} for ${standby.name}`,
    );
  });

  it('all are killed: nothing is acknowledged until one is back', async () => {
    const scene = await startScene(set, { name: 'no standby', gateways: 2 });
    const primary = await set.having('primary');
    const standbys = set.nodes.filter((node) => node !== primary);
    await Promise.all(standbys.map((node) => node.kill()));
    await until('commits to wait', async () => (await set.sql(primary, WAITING)).length > 0);
    // What a standby has confirmed can be seen, and nothing else.
    const confirmed = await votesSeen(set, primary);
    const before = scene.presses.thanked().size;
    const [gateway] = scene.gateways;
    await until(
      'the gateway to say so',
      async () => (await fetch(`${gateway?.httpUrl}/readyz`)).status === 503,
      { timeoutMs: 40_000 },
    );
    const acked = await scene.presses.acked();
    const early = [...acked].filter(([id, upTo]) => upTo > (confirmed.get(id) ?? 0));
    expect(early, 'acknowledged by one machine alone').toEqual([]);
    const meanwhile = scene.presses.thanked().size - before;
    expect(meanwhile).toBeGreaterThan(100);
    const begunMs = performance.now();
    for (const node of standbys) node.start();
    await scene.presses.acksGoOn(60_000);
    const tookMs = performance.now() - begunMs;
    await set.whole();
    expect((await set.having('primary')).name).toBe(primary.name);
    await scene.end(
      `${meanwhile} thanked and none acknowledged meanwhile; acks went on ${(tookMs / 1_000).toFixed(1)} s after standbys were started`,
    );
  });
});
