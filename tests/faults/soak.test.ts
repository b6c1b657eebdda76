/** A long day in short: steady votes, a wall, a poller; nothing in the gateway may grow with the time. Promise D. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { RATINGS } from '../../protocol/vote.ts';
import { createSwarm } from '../support/agent-swarm.ts';
import { INSPECTED, inspect } from '../support/inspector.ts';
import { listenLive } from '../support/live-client.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import { until } from '../support/wait.ts';
import { tellFigure } from './figures.ts';
import { isQuick, seededRandom } from './seed.ts';
import { numbered, startTown } from './town.ts';

const asked = process.env.MANYI_SOAK_MINUTES;
const MINUTES = Number(asked ?? 20);
const TERMINALS = Number(process.env.MANYI_TERMINALS ?? 40);
const VOTES_PER_S = 40;
const SAMPLES = 60;
const MB = 2 ** 20;
/** It grows to the 64 MiB after which it is copied back (`wal_autocheckpoint` in gateway/store/sqlite/database.ts), and begins anew. */
const WAL_LIMIT_MB = 80;

type Sample = {
  minute: number;
  heapMb: number;
  residentMb: number;
  walMb: number;
  fds: number;
  agentsMb: number;
};

/** Least squares: units a minute. */
function slopeOf(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ minute }) => minute)), mean(samples.map(of))];
  const over = samples.reduce((sum, one) => sum + (one.minute - x) * (of(one) - y), 0);
  return over / samples.reduce((sum, one) => sum + (one.minute - x) ** 2, 0);
}

const residentMbOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

describe(`a soak of ${MINUTES} minutes`, () => {
  it.runIf(asked !== undefined || !isQuick)(
    'leaves heap, files and sockets as they were',
    async () => {
      const random = seededRandom('soak');
      const town = await startTown(numbered(TERMINALS), { env: INSPECTED });
      const swarm = createSwarm({
        logins: town.logins,
        port: () => town.gateway.mqttPort,
        folder: town.folder,
      });
      await swarm.start();
      await until('all to be connected', () => swarm.terminals.every((one) => one.isUp()));
      const wall = await listenLive(town.gateway);
      // Only what it shows is wanted here, not all it has ever been told.
      wall.socket.on('message', () => wall.messages.splice(0, wall.messages.length - 1));
      const inspector = await inspect(town.gateway.log);

      const begun = performance.now();
      const minute = () => (performance.now() - begun) / 60_000;
      const samples: Sample[] = [];
      const sample = async () => {
        const pid = town.gateway.pid();
        samples.push({
          minute: minute(),
          heapMb: (await inspector.heapUsed()) / MB,
          residentMb: residentMbOf(pid),
          walMb: statSync(`${databaseFile(town.gateway.dataDir)}-wal`).size / MB,
          fds: readdirSync(`/proc/${pid}/fd`).length,
          agentsMb: swarm.pids().reduce((sum, agents) => sum + residentMbOf(agents), 0),
        });
      };
      while (minute() < MINUTES) {
        await until(
          'the next sample',
          async () => {
            await random.pick(swarm.terminals).press(random.pick(RATINGS));
            await new Promise((resolve) => setTimeout(resolve, 1_000 / VOTES_PER_S));
            return minute() >= (MINUTES * (samples.length + 1)) / SAMPLES;
          },
          { timeoutMs: 120_000, everyMs: 0 },
        );
        await town.gateway.scores('month');
        await sample();
      }
      const settled = samples.slice(Math.ceil(samples.length / 3));
      const [first, last] = [settled[0] as Sample, settled.at(-1) as Sample];
      const minutes = last.minute - first.minute;
      const mean = (of: (one: Sample) => number) =>
        settled.reduce((sum, one) => sum + of(one), 0) / settled.length;
      const line = (name: string, unit: string, of: (one: Sample) => number) =>
        tellFigure(
          `${name}: ${of(first).toFixed(1)} to ${of(last).toFixed(1)} ${unit}, slope ${slopeOf(settled, of).toFixed(3)} ${unit}/min`,
        );
      line('heap after collection', 'MB', (one) => one.heapMb);
      line('gateway resident', 'MB', (one) => one.residentMb);
      line('WAL', 'MB', (one) => one.walMb);
      line('open files', '', (one) => one.fds);
      line('terminals resident', 'MB', (one) => one.agentsMb);

      // Over the time looked at, less than a hundredth of the heap and a megabyte for what caches and code still settle.
      const heapGrowthMb = slopeOf(settled, (one) => one.heapMb) * minutes;
      expect(heapGrowthMb).toBeLessThan(1 + 0.01 * mean((one) => one.heapMb));
      expect(Math.max(...settled.map(({ walMb }) => walMb))).toBeLessThan(WAL_LIMIT_MB);
      expect(Math.abs(slopeOf(settled, (one) => one.fds) * minutes)).toBeLessThan(3);

      const tally = await expectStoredEqualsThanked(town.gateway, swarm.terminals);
      tellFigure(`${tally.thanked} thanked, ${tally.stored} stored in ${minute().toFixed(1)} minutes`);
      await expectScoresEqualRecount(town.gateway);
      inspector.close();
      wall.close();
      await swarm.stop();
    },
    (MINUTES + 5) * 60_000,
  );
});
