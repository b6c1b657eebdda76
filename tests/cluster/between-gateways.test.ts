/** What gateways tell each other is lost, said twice and out of order; terminals go from one to the other with a commit under way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../faults/seed.ts';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { hearNotices } from '../support/cluster/notices.ts';
import { startScene, sumOf } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

const WAITING = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE 'manyi lane%'`;
const ROUNDS = 6;

describe.runIf(have(...SERVERS))('between two gateways', () => {
  let set: DatabaseSet;
  beforeAll(async () => {
    set = await startDatabaseSet();
  });
  afterAll(() => set?.dispose());

  it('notices are lost, doubled and out of order', async () => {
    const scene = await startScene(set, { name: 'notices', gateways: 2 });
    const random = seededRandom('cluster notices of others');
    const notices = await hearNotices(await set.primaryAddress(), random);
    let cut = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const before = notices.heard();
      await until('gateways to tell something', () => notices.heard() >= before + 10);
      await notices.repeat(random.between(5, 50));
      cut += await notices.cut();
      await scene.presses.acksGoOn();
      await notices.repeat(random.between(5, 50));
    }
    expect(cut).toBeGreaterThanOrEqual(ROUNDS);
    const missed = await sumOf(scene.gateways, 'manyi_notices_missed_total');
    expect(missed).toBeGreaterThan(0);
    await notices.close();
    await scene.end(`${cut} lines cut, gateways noticed ${missed} times that they had missed something`);
  });

  it('terminals move with a commit under way', async () => {
    const scene = await startScene(set, { name: 'moved with a commit under way', gateways: 2 });
    const primary = await set.having('primary');
    const others = set.nodes.filter((node) => node !== primary);
    for (const node of others) node.pause();
    await until('commits to wait', async () => (await set.sql(primary, WAITING)).length > 0);
    const before = await sumOf(scene.gateways, 'manyi_votes_duplicate_total');
    await scene.balancer.kill();
    await until('every terminal to be cut off', () => scene.swarm.terminals.every((one) => !one.isUp()));
    await scene.balancer.start();
    for (const node of others) node.resume();
    await scene.presses.acksGoOn(60_000);
    const again = (await sumOf(scene.gateways, 'manyi_votes_duplicate_total')) - before;
    expect(again).toBeGreaterThan(0);
    await set.whole();
    await scene.end(`${again} votes came again that were stored already`);
  });
});
