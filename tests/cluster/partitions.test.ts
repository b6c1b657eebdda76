/** Lines between machines are lost while the machines go on, and nobody is told; or lose packets. Each machine is a network namespace. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectAckedOn } from '../support/cluster/acked-on.ts';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { NAMESPACES, openWires, type Wires } from '../support/cluster/namespaces.ts';
import { connectionsOf, startScene, sumOf } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import type { TestGateway } from '../support/gateway.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

const NODES = [11, 12, 13];
const GATEWAYS = [21, 22];
/** As when the primary stands still: its lease (20 s), and the checks of what leads to it. */
const ACKS_GO_ON_MS = 45_000;
/** haproxy-terminals.cfg waits for 30 s of a gateway that is not ready. */
const MOVED_MS = 60_000;
const LOST_PERCENT = 15;
const LOSSY_MS = 20_000;
const seconds = (ms: number) => (ms / 1_000).toFixed(1);

describe.runIf(have(...SERVERS, NAMESPACES))('lines', () => {
  let wires: Wires;
  let set: DatabaseSet;
  beforeAll(async () => {
    wires = openWires([...NODES, ...GATEWAYS]);
    set = await startDatabaseSet(wires);
  });
  afterEach(() => {
    for (const machine of [...NODES, ...GATEWAYS]) wires.heal(machine);
  });
  afterAll(async () => {
    await set?.dispose();
    wires?.dispose();
  });
  const machineOf = (node: DatabaseSet['nodes'][number]) => NODES[set.nodes.indexOf(node)] as number;

  it('between the primary and the other nodes are lost, while gateways reach all of them', async () => {
    const scene = await startScene(set, { name: 'primary cut off', gateways: 2 });
    const [primary, standby] = [await set.having('primary'), await set.having('synchronous')];
    const others = set.nodes.filter((node) => node !== primary).map(({ host }) => host);
    wires.lose(machineOf(primary), 100, others);
    const begunMs = performance.now();
    await until('commits to wait for a standby that nobody hears', async () => {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE 'manyi lane%'`;
      return (await set.sql(primary, waiting)).length > 0;
    });
    await expectAckedOn(set, standby, await scene.presses.acked());
    await scene.presses.acksGoOn(ACKS_GO_ON_MS);
    const tookMs = performance.now() - begunMs;
    const heir = await until('another one to lead', async () =>
      (await Promise.all(set.nodes.map((node) => node.is('primary')))).every(
        (leads, at) => leads === (set.nodes[at] === standby),
      )
        ? standby
        : undefined,
    );
    await scene.presses.acksGoOn();
    wires.heal(machineOf(primary));
    await set.whole();
    expect((await set.having('primary')).name).toBe(heir.name);
    await scene.presses.acksGoOn();
    await scene.end(`acks went on after ${seconds(tookMs)} s, ${heir.name} for ${primary.name}`);
  });

  it('between one gateway and the database are lost, and its terminals go to the other gateway', async () => {
    const scene = await startScene(set, { name: 'gateway cut off', gateways: 2 });
    const [, second] = scene.gateways as [TestGateway, TestGateway];
    wires.lose(
      GATEWAYS[0] as number,
      100,
      set.nodes.map(({ host }) => host),
    );
    const tookMs = await scene.presses.acksGoOn(MOVED_MS);
    expect(await connectionsOf(second)).toBe(scene.swarm.terminals.length);
    wires.heal(GATEWAYS[0] as number);
    await until(
      'it to be ready again',
      async () => (await fetch(`${scene.gateways[0]?.httpUrl}/readyz`)).ok,
      { timeoutMs: 30_000 },
    );
    await scene.presses.acksGoOn();
    await scene.end(`all had an ack at the other gateway after ${seconds(tookMs)} s`);
  });

  it('between gateways and database lose packets', async () => {
    const scene = await startScene(set, { name: 'packets lost', gateways: 2 });
    const hosts = set.nodes.map(({ host }) => host);
    for (const machine of GATEWAYS) wires.lose(machine, LOST_PERCENT, hosts);
    const endsMs = performance.now() + LOSSY_MS;
    let [worstMs, acks] = [0, 0];
    while (performance.now() < endsMs) {
      worstMs = Math.max(worstMs, await scene.presses.acksGoOn(60_000));
      acks += 1;
    }
    const missed = await sumOf(scene.gateways, 'manyi_notices_missed_total');
    for (const machine of GATEWAYS) wires.heal(machine);
    await scene.presses.acksGoOn();
    await scene.end(
      `${LOST_PERCENT} % each way for ${LOSSY_MS / 1_000} s: ${acks} times an ack for all, the slowest after ${seconds(worstMs)} s; notices missed ${missed} times`,
    );
  });

  it('between database nodes lose packets', async () => {
    const scene = await startScene(set, { name: 'packets lost between nodes', gateways: 2 });
    const primary = await set.having('primary');
    const others = set.nodes.filter((node) => node !== primary).map(({ host }) => host);
    wires.lose(machineOf(primary), LOST_PERCENT, others);
    const endsMs = performance.now() + LOSSY_MS;
    let worstMs = 0;
    while (performance.now() < endsMs)
      worstMs = Math.max(worstMs, await scene.presses.acksGoOn(ACKS_GO_ON_MS));
    wires.heal(machineOf(primary));
    await set.whole();
    await scene.presses.acksGoOn();
    await scene.end(
      `${LOST_PERCENT} % each way for ${LOSSY_MS / 1_000} s: the slowest ack after ${seconds(worstMs)} s`,
    );
  });
});
