/** A gateway has nothing that is not in the database: its terminals go to another, or wait for it in their journals. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { connectionsOf, startScene } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import type { TestGateway } from '../support/gateway.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

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
});
