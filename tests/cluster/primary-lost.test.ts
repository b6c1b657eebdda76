/** The machine of the primary is gone, or stands still and comes back: another is promoted, acks go on, nothing is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAckedOn } from '../support/cluster/acked-on.ts';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { startScene } from '../support/cluster/scene.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import { have } from '../support/prerequisites.ts';
import { until } from '../support/wait.ts';

/** Promised from the kill on. */
const ACKS_GO_ON_MS = 30_000;
/** … and what nobody resets is seen as lost only when its lease (20 s) and the checks of what leads to it have run out. */
const FROZEN_ACKS_GO_ON_MS = 45_000;

describe.runIf(have(...SERVERS))('the primary', () => {
  let set: DatabaseSet;
  beforeAll(async () => {
    set = await startDatabaseSet();
  });
  afterAll(() => set?.dispose());

  it('is killed with its whole machine', async () => {
    const scene = await startScene(set, { name: 'primary killed', gateways: 2 });
    const [primary, standby] = [await set.having('primary'), await set.having('synchronous')];
    const number = set.nodes.indexOf(primary);
    await Promise.all([primary.kill(), set.etcd[number]?.kill()]);
    const killedMs = performance.now();
    const acked = await scene.presses.acked();
    await expectAckedOn(set, standby, acked);
    await scene.presses.acksGoOn(ACKS_GO_ON_MS);
    const tookMs = performance.now() - killedMs;
    expect(tookMs).toBeLessThan(ACKS_GO_ON_MS);
    expect((await set.having('primary')).name).toBe(standby.name);
    set.etcd[number]?.start();
    primary.start();
    await set.whole();
    await scene.end(
      `acks went on after ${(tookMs / 1_000).toFixed(1)} s, ${standby.name} for ${primary.name}`,
    );
  });

  it('stands still, another is promoted, and it goes on', async () => {
    const scene = await startScene(set, { name: 'primary frozen', gateways: 2 });
    const frozen = await set.having('primary');
    frozen.pause();
    const begunMs = performance.now();
    await scene.presses.acksGoOn(FROZEN_ACKS_GO_ON_MS);
    const tookMs = performance.now() - begunMs;
    const heir = await set.having('primary');
    expect(heir.name).not.toBe(frozen.name);
    frozen.resume();
    const resumedMs = performance.now();
    await until('it to follow', async () => !(await frozen.is('primary')) && (await heir.is('primary')));
    await set.whole();
    const rejoined = ((performance.now() - resumedMs) / 1_000).toFixed(1);
    await scene.presses.acksGoOn();
    await scene.end(
      `acks went on after ${(tookMs / 1_000).toFixed(1)} s, it followed ${rejoined} s after it was resumed`,
    );
  });
});
