/** What every commit is to show: a gateway and the primary are lost, and a vote that was on the primary alone was never acknowledged. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LightSet, startLightSet } from '../support/cluster/light-set.ts';
import { connectionsOf, startScene } from '../support/cluster/scene.ts';
import type { TestGateway } from '../support/gateway.ts';
import { POSTGRES } from '../support/postgres.ts';
import { have } from '../support/prerequisites.ts';
import { HAPROXY } from '../support/proxies.ts';
import { until } from '../support/wait.ts';

/** It has replayed all that it had received, and waits for more (PostgreSQL, table 28.4 "Wait Events"). */
const REPLAYED = `SELECT 1 FROM pg_stat_activity
  WHERE backend_type = 'startup' AND wait_event IN ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval')`;
const WAITING = `FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;
const seconds = (ms: number) => (ms / 1_000).toFixed(1);

describe.runIf(have(POSTGRES, HAPROXY))('in short', () => {
  let set: LightSet;
  beforeAll(async () => {
    set = await startLightSet();
  });
  afterAll(() => set?.dispose());

  it('a gateway is killed; a wait for the standby is cancelled and the vote sent again; the primary is lost with it', async () => {
    const scene = await startScene(set, { name: 'in short', gateways: 2, terminals: 8 });
    const [first, second] = scene.gateways as [TestGateway, TestGateway];
    await first.kill();
    const movedMs = await scene.presses.acksGoOn();
    expect(await connectionsOf(second)).toBe(scene.swarm.terminals.length);
    await first.start();
    await scene.presses.acksGoOn();

    await scene.presses.stop();
    await scene.presses.allAcked();
    const [terminal] = scene.swarm.terminals;
    if (!terminal) throw new Error('no terminal');
    const seenOn = async (server: typeof set.primary) => {
      const [row] = await server.sql<{ votes: number }>(
        set.database,
        `SELECT count(*)::int AS votes FROM votes v JOIN sources s ON s.key = v.source_key
         JOIN terminals t ON t.key = s.terminal_key WHERE t.id = '${terminal.login.id}'`,
      );
      return row?.votes;
    };
    set.standby.pause();
    const acked = await scene.presses.acked();
    const seq = await scene.presses.press(terminal, 'unsatisfied');
    await until('its commit to be cancelled and the vote to be seen', async () => {
      await set.primary.sql(
        'postgres',
        `SELECT pg_cancel_backend(pid) ${WAITING} AND application_name LIKE 'manyi lane%'`,
      );
      return (await seenOn(set.primary)) === seq;
    });
    const knows = await until('its gateway to take that for a failure', () =>
      scene.gateways.find((gateway) => gateway.log().includes('database-unreplicated')),
    );
    await knows.kill();
    await until('the other to be asked for it, and to wait for the standby', async () => {
      const waiting = await set.primary.sql('postgres', `SELECT 1 ${WAITING}`);
      return terminal.isUp() && waiting.length > 0;
    });
    expect(await scene.presses.acked(), 'acknowledged on the strength of one machine').toEqual(acked);

    await Promise.all(scene.doors.map((door) => door.kill()));
    await set.primary.kill();
    // What has come as far as its socket goes with it.
    await set.standby.kill();
    await set.standby.start();
    // It answers as soon as it is consistent, which may be before the tables were made.
    await until(
      'the standby to replay',
      async () => (await set.standby.sql('postgres', REPLAYED)).length > 0,
    );
    expect(await seenOn(set.standby), 'the vote is lost with the primary').toBe(seq - 1);
    await set.promote();
    await Promise.all(scene.doors.map((door) => door.start()));
    await knows.start();
    scene.presses.start();
    const wentOnMs = await scene.presses.acksGoOn();
    await scene.end(
      `${seconds(movedMs)} s to the other gateway, ${seconds(wentOnMs)} s to an ack from the standby that was promoted`,
    );
  });
});
