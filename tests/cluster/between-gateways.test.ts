/**
 * What gateways tell each other is lost, said twice and out of order; terminals go from one to the other with a commit under way, or are at both.
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RATINGS } from '../../protocol/vote.ts';
import { seededRandom } from '../faults/seed.ts';
import { type Balancer, startTerminalBalancer } from '../support/cluster/balancers.ts';
import { startClones } from '../support/cluster/clones.ts';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { hearNotices } from '../support/cluster/notices.ts';
import { startScene, sumOf } from '../support/cluster/scene.ts';
import { ownFolder } from '../support/cluster/server-process.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

const WAITING = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE 'manyi lane%'`;
const ROUNDS = 6;
const CLONES_MS = 45_000;
/** Of both boards. Without a longer wait each time they would be some hundreds. */
const MOST_SIGN_INS = 40;

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

  it('one terminal is at both, as two boards with one card', async () => {
    const scene = await startScene(set, { name: 'live clones', gateways: 2, apart: 3 });
    const ways: Balancer[] = [];
    onTestFinished(async () => void (await Promise.all(ways.map((way) => way.kill()))));
    for (const [at, gateway] of scene.gateways.entries())
      ways.push(await startTerminalBalancer(ownFolder(set.folder, `way-${at}`), [gateway]));
    const [first, second] = ways as [Balancer, Balancer];
    const clones = await startClones({
      ...{ logins: scene.apart, folder: scene.folder, ports: [first.port, second.port] },
      random: seededRandom('cluster clones'),
    });
    await clones.pressFor(CLONES_MS);
    const signIns = [...clones.signIns().values()];
    // Both come again and again: they have one name. But each waits longer, and not for what the other one does.
    for (const count of signIns) expect(count).toBeGreaterThan(2);
    expect(Math.max(...signIns)).toBeLessThan(MOST_SIGN_INS);
    await clones.allAcked();
    await clones.stop();

    const ids = scene.apart.map(({ id }) => `'${id}'`).join(', ');
    const rows = await set.sql<{ terminal: string; rating: number; isStored: boolean }>(
      await set.having('primary'),
      `SELECT t.id AS terminal, kept.rating, kept."isStored" FROM (
         SELECT source_key, rating, true AS "isStored" FROM votes
         UNION ALL SELECT source_key, (payload::json->>'rating')::int, false FROM quarantine
         WHERE reason = 'identity-conflict' GROUP BY source_key, seq, payload::json->>'mono', payload::json->>'rating') AS kept
       JOIN sources s ON s.key = kept.source_key JOIN terminals t ON t.key = s.terminal_key WHERE t.id IN (${ids})`,
    );
    const kept = rows.map(({ terminal, rating }) => `${terminal} ${RATINGS[rating]}`).sort();
    expect(kept, 'each thanked vote is stored, or waits for a person').toEqual(clones.thanked());
    const aside = rows.filter(({ isStored }) => !isStored).length;
    if (aside > 0)
      expect(scene.gateways.some((gateway) => gateway.log().includes('a cloned card?'))).toBe(true);
    await scene.presses.acksGoOn();
    await scene.end(
      `${kept.length} thanked by two boards each of ${signIns.length} terminals, ${aside} in conflict; sign-ins ${signIns.join(', ')} in ${CLONES_MS / 1_000} s`,
    );
  });
});
