/**
 * Everything at once, for a while, drawn from one seed: gateways and terminals killed, lines cut, frozen and slowed, disks
 * filled, clocks set, by the default rules, of which most of these presses are too soon. Then all is healed, and the sums and the
 * verdicts have to be right. Promises A, B, C and E in one line of figures.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RATINGS } from '../../protocol/vote.ts';
import { createSwarm, type Swarm } from '../support/agent-swarm.ts';
import { createFakeClock, FAKETIME, type FakeClock } from '../support/fake-clock.ts';
import type { TestGateway } from '../support/gateway.ts';
import { have } from '../support/prerequisites.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked, storedVotes } from '../support/recount.ts';
import { MOUNTS, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/wait.ts';
import { tellFigure } from './figures.ts';
import { type Random, scaled, seed, seededRandom } from './seed.ts';
import { numbered, startTown } from './town.ts';
import './rules-on.ts';

const MINUTES = Number(process.env.MANYI_HEADLINE_MINUTES ?? scaled(0.2, 2));
const TERMINALS = Number(process.env.MANYI_TERMINALS ?? scaled(10, 50));
/** Each with its own line; one on a small disk, one with a clock of its own. */
const GROUPS = 4;
const [SMALL_DISK_GROUP, FAKE_CLOCK_GROUP] = [0, 1];
const HOUR_MS = 3_600_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Goes through its faults one after the other; each is whole again when it returns. */
type Actor = { name: string; faults: Record<string, () => Promise<void>> };

function gatewayActor(gateway: TestGateway, disk: SmallDisk, random: Random): Actor {
  const faults = {
    'gateway killed': async () => {
      await gateway.kill();
      await pause(random.between(0, 1_500));
      await gateway.start();
    },
    'gateway stopped in order': async () => {
      await gateway.stop();
      await gateway.start();
    },
    "gateway's disk filled": async () => {
      disk.fill();
      await pause(random.between(200, 2_000));
      disk.free();
    },
  };
  return { name: 'gateway', faults };
}

function lineActor(proxy: TcpProxy, number: number, random: Random): Actor {
  const heal = async (fromMs: number, toMs: number) => {
    await pause(random.between(fromMs, toMs));
    proxy.heal();
  };
  const faults = {
    'line cut': async () => void proxy.cut(random.pick(['rst', 'fin'])),
    'line cut in a packet': async () => {
      proxy.cutAfter(random.between(1, 3_000), random.pick(['up', 'down']), random.pick(['rst', 'fin']));
      await heal(200, 1_000);
    },
    'line frozen': async () => {
      proxy.freeze(random.pick(['up', 'down', 'both']));
      await heal(200, 4_000);
    },
    'line refused': async () => {
      proxy.refuse();
      proxy.cut('rst');
      await heal(100, 2_000);
    },
    'line slowed': async () => {
      proxy.delay(random.between(10, 300));
      proxy.limit(random.between(2_000, 50_000));
      await heal(500, 3_000);
    },
  };
  return { name: `line ${number}`, faults };
}

function terminalsActor(
  swarm: Swarm,
  number: number,
  { disk, clock }: { disk: SmallDisk; clock: FakeClock },
  random: Random,
): Actor {
  const faults: Actor['faults'] = {
    'terminals killed': async () => {
      await swarm.killProcess(number);
      await pause(random.between(0, 800));
      await swarm.startProcess(number);
    },
  };
  if (number === SMALL_DISK_GROUP)
    faults["terminals' disk filled"] = async () => {
      disk.fill();
      await pause(random.between(100, 1_500));
      disk.free();
    };
  if (number === FAKE_CLOCK_GROUP)
    faults['clock set'] = async () => clock.setOffsetMs(random.between(-30 * HOUR_MS, 30 * HOUR_MS));
  return { name: `terminals ${number}`, faults };
}

describe.runIf(have(MOUNTS, FAKETIME))(`${TERMINALS} terminals and random faults`, () => {
  it(
    `for ${MINUTES} minutes end in stored == thanked`,
    async () => {
      const random = seededRandom('headline');
      const [gatewayDisk, terminalDisk] = [mountSmallDisk(220 * 1024), mountSmallDisk(16 * 1024)];
      const clock = createFakeClock();
      onTestFinished(() => {
        gatewayDisk.dispose();
        terminalDisk.dispose();
        clock.dispose();
      });
      const town = await startTown(numbered(TERMINALS), {
        dataDir: join(gatewayDisk.path, 'data'),
      });
      const { gateway } = town;
      const proxies = await Promise.all(
        Array.from({ length: GROUPS }, () => startTcpProxy(() => gateway.mqttPort)),
      );
      const swarm = createSwarm({
        logins: town.logins,
        processes: GROUPS,
        port: (login) => (proxies[town.logins.indexOf(login) % GROUPS] as TcpProxy).port,
        folder: (group) => {
          const folder = join(group === SMALL_DISK_GROUP ? terminalDisk.path : town.folder, 'journals');
          mkdirSync(folder, { recursive: true });
          return folder;
        },
        env: (group) => (group === FAKE_CLOCK_GROUP ? clock.env : {}),
        uplink: { backoff: { baseMs: 100, capMs: 2_000 }, resendMs: 1_000, keepaliveS: 3 },
      });
      await swarm.start();

      const endMs = performance.now() + MINUTES * 60_000;
      const isOver = () => performance.now() >= endMs;
      const pressing = (async () => {
        const answers: Promise<unknown>[] = [];
        while (!isOver()) {
          // Refused on a full disk, or cut off by a kill: both are counted where they belong.
          answers.push(
            random
              .pick(swarm.terminals)
              .press(random.pick(RATINGS))
              .catch(() => {}),
          );
          await pause(random.between(1, 30));
        }
        await Promise.all(answers);
      })();
      const done = new Map<string, number>();
      const actors = [
        gatewayActor(gateway, gatewayDisk, seededRandom('headline gateway')),
        ...proxies.map((proxy, at) => lineActor(proxy, at, seededRandom(`headline line ${at}`))),
        ...proxies.map((_, at) =>
          terminalsActor(swarm, at, { disk: terminalDisk, clock }, seededRandom(`headline terminals ${at}`)),
        ),
      ];
      const acting = actors.map(async ({ name, faults }) => {
        const draw = seededRandom(`headline acts ${name}`);
        while (!isOver()) {
          await pause(draw.between(100, 2_500));
          const fault = draw.pick(Object.keys(faults));
          await faults[fault]?.();
          done.set(fault, (done.get(fault) ?? 0) + 1);
        }
      });
      await Promise.all([pressing, ...acting]);

      for (const proxy of proxies) proxy.heal();
      const healedMs = performance.now();
      const sum = (of: (one: (typeof swarm.terminals)[0]) => number) =>
        swarm.terminals.reduce((total, one) => total + of(one), 0);
      let stored: ReturnType<typeof storedVotes> = [];
      try {
        await expectStoredEqualsThanked(gateway, swarm.terminals, { timeoutMs: 120_000 });
      } finally {
        stored = storedVotes(gateway.dataDir);
        const [pressed, thanked, refused, cutOff] = [
          sum((one) => one.pressed()),
          sum((one) => one.thanked()),
          sum((one) => one.refused()),
          sum((one) => one.cutOff()),
        ];
        const distinct = new Set(stored.map((one) => `${one.terminal} ${one.epoch} ${one.seq}`)).size;
        const missing = swarm.terminals.reduce((lost, { login, thanked: said }) => {
          const mine = stored.filter(({ terminal }) => terminal === login.id).length;
          return lost + Math.max(0, said() - mine);
        }, 0);
        tellFigure(
          [...done]
            .sort()
            .map(([fault, count]) => `${count} × ${fault}`)
            .join(', '),
        );
        tellFigure(
          `seed ${seed}: pressed ${pressed}, refused ${refused}, cut off by a kill ${cutOff}, thanked ${thanked}, stored ${stored.length}, duplicates ${stored.length - distinct}, lost ${missing}; converged ${((performance.now() - healedMs) / 1_000).toFixed(1)} s after healing`,
        );
      }
      await until(
        'the wall to say that it is complete',
        async () => {
          const open = (await gateway.scores()).filter(
            ({ completeness }) => completeness.state !== 'complete',
          );
          if (open.length > 0)
            throw new Error(
              open.map(({ id, completeness }) => `${id} ${JSON.stringify(completeness)}`).join(' '),
            );
          return true;
        },
        { timeoutMs: 60_000 },
      );
      await expectScoresEqualRecount(gateway);
      expect(done.size).toBeGreaterThan(3);
      await swarm.stop();
      await Promise.all(proxies.map((proxy) => proxy.dispose()));
    },
    MINUTES * 60_000 + 300_000,
  );
});
