/** What leads terminals to gateways, and gateways to the primary, is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { connectionsOf, startScene } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import type { TestGateway } from '../support/gateway.ts';
import { have } from '../support/prerequisites.ts';

/** haproxy-terminals.cfg waits for 30 s of a gateway that is not ready before it sends its terminals elsewhere. */
const MOVED_MS = 60_000;
const seconds = (ms: number) => (ms / 1_000).toFixed(1);

describe.runIf(have(...SERVERS))('a balancer', () => {
  let set: DatabaseSet;
  beforeAll(async () => {
    set = await startDatabaseSet();
  });
  afterAll(() => set?.dispose());

  it('of the terminals is killed, and comes back', async () => {
    const scene = await startScene(set, { name: "terminals' balancer killed", gateways: 2 });
    await scene.balancer.kill();
    const before = scene.presses.thanked().size;
    await scene.balancer.start();
    const tookMs = await scene.presses.acksGoOn();
    const meanwhile = scene.presses.thanked().size - before;
    await scene.end(
      `${meanwhile} thanked meanwhile, an ack for all ${seconds(tookMs)} s after it was started`,
    );
  });

  it("of one gateway's database is killed, and its terminals go to the other gateway", async () => {
    const scene = await startScene(set, { name: "database's balancer killed", gateways: 2 });
    const [, second] = scene.gateways as [TestGateway, TestGateway];
    const [door] = scene.doors;
    await door?.kill();
    const tookMs = await scene.presses.acksGoOn(MOVED_MS);
    expect(await connectionsOf(second)).toBe(scene.swarm.terminals.length);
    await door?.start();
    await scene.presses.acksGoOn();
    await scene.end(`all had an ack at the other gateway after ${seconds(tookMs)} s`);
  });
});
