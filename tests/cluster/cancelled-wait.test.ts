/** A vote that is on the primary alone, although its COMMIT looked like a success: never acknowledged, whoever is asked, and not lost with the primary. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { votesSeen } from '../support/cluster/acked-on.ts';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { startScene, sumOf } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

const WAITING = `FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;

describe.runIf(have(...SERVERS))('a wait for the standby', () => {
  let set: DatabaseSet;
  beforeAll(async () => {
    set = await startDatabaseSet();
  });
  afterAll(() => set?.dispose());

  it('is cancelled; the vote is sent again through a gateway that does not know of it; the standby is promoted', async () => {
    const scene = await startScene(set, { name: 'cancelled wait', gateways: 2 });
    await scene.presses.stop();
    await scene.presses.allAcked();
    const primary = await set.having('primary');
    const others = set.nodes.filter((node) => node !== primary);
    const acked = await scene.presses.acked();
    for (const node of others) node.pause();
    const [terminal] = scene.swarm.terminals;
    if (!terminal) throw new Error('no terminal');
    const seq = await scene.presses.press(terminal, 'unsatisfied');
    await until('its commit to be cancelled and the vote to be seen', async () => {
      await set.sql(
        primary,
        `SELECT pg_cancel_backend(pid) ${WAITING} AND application_name LIKE 'manyi lane%'`,
      );
      return (await votesSeen(set, primary)).get(terminal.login.id) === seq;
    });
    const knows = await until('its gateway to take that for a failure', () =>
      scene.gateways.find((gateway) => gateway.log().includes('database-unreplicated')),
    );
    await knows.kill();
    await until('the other to be asked for it, and to wait for a standby', async () => {
      const waiting = await set.sql(primary, `SELECT 1 ${WAITING}`);
      return terminal.isUp() && waiting.length > 0;
    });
    expect(await scene.presses.acked(), 'acknowledged on the strength of one machine').toEqual(acked);
    await Promise.all(scene.doors.map((door) => door.kill()));
    await primary.kill();
    // What has come as far as their sockets goes with them.
    for (const node of others) {
      await node.kill();
      node.start();
    }
    const heir = await set.having('primary');
    expect((await votesSeen(set, heir)).get(terminal.login.id), 'the vote is lost with the primary').toBe(
      seq - 1,
    );
    await Promise.all(scene.doors.map((door) => door.start()));
    await knows.start();
    await scene.presses.acksGoOn(60_000);
    primary.start();
    await set.whole();
    expect((await set.having('primary')).name).toBe(heir.name);
    await scene.end(
      `vote ${seq} of ${terminal.login.id} was on ${primary.name} alone, and came again to ${heir.name}`,
    );
  });

  it('is cut off by a crash: what comes again is a duplicate, and acknowledged', async () => {
    const scene = await startScene(set, { name: 'duplicates after a crash', gateways: 2 });
    const primary = await set.having('primary');
    const others = set.nodes.filter((node) => node !== primary);
    for (const node of others) node.pause();
    await until(
      'commits to wait',
      async () =>
        (await set.sql(primary, `SELECT 1 ${WAITING} AND application_name LIKE 'manyi lane%'`)).length > 0,
    );
    const [gateway] = scene.gateways;
    await gateway?.kill();
    for (const node of others) node.resume();
    await scene.presses.acksGoOn(60_000);
    await gateway?.start();
    await scene.presses.acksGoOn(60_000);
    const duplicates = await sumOf(scene.gateways, 'manyi_votes_duplicate_total');
    expect(duplicates).toBeGreaterThan(0);
    await set.whole();
    await scene.end(`${duplicates} votes came again that were stored already`);
  });
});
