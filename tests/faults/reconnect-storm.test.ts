/**
 * The gateway restarts and a whole city comes back at once, each terminal with a vote that was pressed meanwhile. All have
 * to be back in bounded time, none may be forgotten, and nothing is lost. Promises A, D, E.
 */
import { describe, expect, it } from 'vitest';
import { RATINGS } from '../../protocol/vote.ts';
import { createSwarm, hrtimeMs, type Swarm } from '../support/agent-swarm.ts';
import { readMetrics } from '../support/metrics.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import { until } from '../support/wait.ts';
import { percentile, spread, tellFigure } from './figures.ts';
import { isQuick, scaled, seededRandom } from './seed.ts';
import { numbered, startTown, type Town } from './town.ts';

/** Heze's 170 townships and 6,061 village stations. */
const TERMINALS = Number(process.env.MANYI_TERMINALS ?? scaled(300, 6_231));
/** One attempt that fails and its pause: 30 s, the 45 s until an attempt is given up, 30 s (device/uplink/connection.ts). */
const BOUND_MS = 105_000;
/** Only a session that lasted so long makes the next attempt a quick one (device/uplink/connection.ts). */
const GOOD_SESSION_MS = 10_500;

type Storm = { upMs: number[]; storedAfterMs: number };

async function comeBack(town: Town, swarm: Swarm, name: string): Promise<Storm> {
  const readyMs = hrtimeMs();
  const isBack = ({ lastUpMs }: { lastUpMs(): number | null }) => (lastUpMs() ?? 0) > readyMs;
  await until('every terminal to be back', () => swarm.terminals.every(isBack), {
    timeoutMs: 2 * BOUND_MS,
    everyMs: 100,
  }).catch(() => {
    const starved = swarm.terminals.filter((one) => !isBack(one));
    throw new Error(
      `${starved.length} of ${swarm.terminals.length} terminals are not back after ${2 * BOUND_MS} ms`,
    );
  });
  await expectStoredEqualsThanked(town.gateway, swarm.terminals, { timeoutMs: 2 * BOUND_MS });
  const storedAfterMs = hrtimeMs() - readyMs;
  const upMs = swarm.terminals.map(({ lastUpMs }) => (lastUpMs() as number) - readyMs);
  const metrics = await readMetrics(town.gateway);
  const cpuS = metrics.of('process_cpu_seconds_total');
  const residentMb = metrics.of('process_resident_memory_bytes') / 2 ** 20;
  tellFigure(
    `${name}: ${upMs.length} back, ${spread(upMs)}; all stored after ${(storedAfterMs / 1_000).toFixed(1)} s; starved 0; gateway ${cpuS.toFixed(1)} s CPU, ${residentMb.toFixed(0)} MB, ${metrics.sum('manyi_mqtt_refused_total')} connections refused or cut`,
  );
  return { upMs, storedAfterMs };
}

describe(`${TERMINALS} terminals`, () => {
  it('come back after a restart of the gateway, each with its vote', async () => {
    const random = seededRandom('storm');
    const town = await startTown(numbered(TERMINALS));
    const swarm = createSwarm({
      logins: town.logins,
      port: () => town.gateway.mqttPort,
      folder: null,
      processes: scaled(2, 6),
    });
    const begun = hrtimeMs();
    await swarm.start();
    await until('all to be connected', () => swarm.terminals.every((one) => one.isUp()), {
      timeoutMs: 2 * BOUND_MS,
      everyMs: 100,
    });
    tellFigure(`first connections of all: ${((hrtimeMs() - begun) / 1_000).toFixed(1)} s`);
    const pressAll = () => Promise.all(swarm.terminals.map((one) => one.press(random.pick(RATINGS))));

    const storm = async (name: string, awayMs: number) => {
      if (!isQuick)
        await until(
          'their sessions to be good ones',
          () => swarm.terminals.every((one) => hrtimeMs() - (one.lastUpMs() as number) > GOOD_SESSION_MS),
          { timeoutMs: 30_000, everyMs: 200 },
        );
      await town.gateway.kill();
      const goneMs = hrtimeMs();
      await pressAll();
      await until('the gateway to have been away', () => hrtimeMs() - goneMs >= awayMs, {
        timeoutMs: awayMs + 5_000,
      });
      await town.gateway.start();
      const { upMs } = await comeBack(town, swarm, name);
      expect(percentile(upMs, 0.99)).toBeLessThan(BOUND_MS);
    };
    await storm('a restart', 0);
    if (!isQuick) await storm('after a minute away', 60_000);

    await until('the evidence to agree', async () =>
      (await town.gateway.scores()).every(({ completeness }) => completeness.state === 'complete'),
    );
    await expectScoresEqualRecount(town.gateway);
    await swarm.stop();
    await town.dispose();
  });
});
