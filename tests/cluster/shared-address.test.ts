/** The address that terminals connect to goes to the other balancer when its own is lost, in whichever way, and stays there. */
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type LightSet, startLightSet } from '../support/cluster/light-set.ts';
import { NAMESPACES, openWires, type Wires } from '../support/cluster/namespaces.ts';
import { startScene } from '../support/cluster/scene.ts';
import { BALANCERS, createSharedAddress, KEEPALIVED } from '../support/cluster/shared-address.ts';
import { POSTGRES } from '../support/postgres.ts';
import { have } from '../support/prerequisites.ts';
import { HAPROXY } from '../support/proxies.ts';
import { until } from '../support/wait.ts';

/** Who has just been connecting to what stands still waits for 45 s (device/uplink/connection.ts). */
const ACKS_GO_ON_MS = 60_000;
const LOST_PERCENT = 15;
const LOSSY_MS = 20_000;
const seconds = (ms: number) => (ms / 1_000).toFixed(1);

describe.runIf(have(POSTGRES, HAPROXY, KEEPALIVED, NAMESPACES))('the address of the balancers', () => {
  let wires: Wires;
  let set: LightSet;
  beforeAll(async () => {
    wires = openWires(BALANCERS);
    set = await startLightSet();
  });
  afterAll(async () => {
    await set?.dispose();
    wires?.dispose();
  });

  it('moves when HAProxy ends, when it stands still, and when its machine is cut off', async () => {
    const front = createSharedAddress(wires, set.folder);
    onTestFailed(() => void process.stderr.write(`${front.logs()}\n`));
    const scene = await startScene(set, { name: 'shared address', gateways: 2, front });
    const moved: string[] = [];
    const lose = async (how: string, breaks: () => unknown, mends: () => unknown) => {
      const before = await front.holder();
      const begunMs = performance.now();
      await breaks();
      const after = await until('the other one to have the address', () =>
        front.machines.find((one) => one !== before && one.hasAddress()),
      );
      const movedMs = performance.now() - begunMs;
      await scene.presses.acksGoOn(ACKS_GO_ON_MS);
      moved.push(`${how} ${seconds(movedMs)} s, acks ${seconds(performance.now() - begunMs)} s`);
      await mends();
      await until('one alone to have it', async () => {
        const having = front.machines.filter((one) => one.hasAddress());
        return having.length === 1;
      });
      await scene.presses.acksGoOn();
      return { before, after };
    };
    const holder = () => front.holder();

    const first = await holder();
    const ended = await lose('ended', first.haproxy.kill, first.haproxy.start);
    expect(ended.before).toBe(first);
    // It is well again, and not given the address: that would cut everybody off once more.
    await until('it to be found well', () => /Script `haproxy` now returning 0/.test(first.keepalived.log()));
    expect(await holder()).toBe(ended.after);
    const second = await holder();
    await lose('stands still', second.haproxy.pause, second.haproxy.resume);
    const third = await holder();
    await lose(
      'cut off',
      () => wires.lose(third.machine, 100),
      () => wires.heal(third.machine),
    );
    await scene.end(moved.join('; '));
  });

  it('is reached over a line that loses packets, from terminals and to gateways', async () => {
    const front = createSharedAddress(wires, set.folder);
    const scene = await startScene(set, { name: "terminals' packets lost", gateways: 2, front });
    const { machine } = await front.holder();
    wires.lose(machine, LOST_PERCENT, [wires.here]);
    const endsMs = performance.now() + LOSSY_MS;
    let [worstMs, acks] = [0, 0];
    while (performance.now() < endsMs) {
      worstMs = Math.max(worstMs, await scene.presses.acksGoOn(ACKS_GO_ON_MS));
      acks += 1;
    }
    wires.heal(machine);
    await scene.presses.acksGoOn(ACKS_GO_ON_MS);
    await scene.end(
      `${LOST_PERCENT} % each way for ${LOSSY_MS / 1_000} s: ${acks} times an ack for all, the slowest after ${seconds(worstMs)} s`,
    );
  });
});
