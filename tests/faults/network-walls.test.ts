/** A wall that stops reading (a suspended laptop, a line that is too thin) and goes on: it ends up right. Promises C, D, E. */
import { describe, expect, it } from 'vitest';
import { RATINGS } from '../../protocol/vote.ts';
import { createSwarm, type SwarmTerminal } from '../support/agent-swarm.ts';
import { type LiveClient, listenLive } from '../support/live-client.ts';
import { readMetrics } from '../support/metrics.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import { until } from '../support/wait.ts';
import { spread, tellFigure } from './figures.ts';
import { isQuick, seededRandom } from './seed.ts';
import { addWindows, numbered, startTown, type Town, timePressesToWall } from './town.ts';

/** A city's village stations: five snapshots of them are more than the kernel holds for a socket (about 7 MB). */
const EMPTY_WINDOWS = 6_061;

async function startBigTown(names: string[]): Promise<Town> {
  const town = await startTown(names);
  addWindows(
    town.gateway.dataDir,
    'hall',
    Array.from({ length: EMPTY_WINDOWS }, (_, at) => `station-${at}`),
  );
  await until(
    'the gateway to know the windows',
    async () => (await town.gateway.scores()).length > EMPTY_WINDOWS,
  );
  return town;
}

/** Stops reading, with more on its way than fits. */
function pauseFull(live: LiveClient): void {
  live.socket.pause();
  for (let snapshot = 0; snapshot < 4; snapshot++) live.socket.send(JSON.stringify({ type: 'resync' }));
}

const rowsOf = (live: LiveClient, ids: readonly string[]) =>
  ids.map((id) => live.window(id) ?? live.unit(id));

async function expectSameAsFresh(town: Town, live: LiveClient, ids: readonly string[]): Promise<void> {
  const fresh = await listenLive(town.gateway);
  await fresh.snapshot();
  await until('both walls to be at one revision', () => live.revision() === fresh.revision(), {
    timeoutMs: 30_000,
  });
  expect(rowsOf(live, ids)).toEqual(rowsOf(fresh, ids));
  expect(live.ticker().length).toBe(fresh.ticker().length);
  fresh.close();
}

describe('a paused wall', () => {
  it('holds nobody up, and equals a fresh one soon after it goes on', async () => {
    const random = seededRandom('paused wall');
    const names = numbered(20);
    const town = await startBigTown(names);
    const swarm = createSwarm({
      logins: town.logins,
      port: () => town.gateway.mqttPort,
      folder: town.folder,
    });
    await swarm.start();
    await until('all to be up', () => swarm.terminals.every((one) => one.isUp()));
    const paused = await listenLive(town.gateway);
    await paused.snapshot();
    pauseFull(paused);
    const [seen, pausedAt] = [paused.messages.length, paused.revision()];
    const first = swarm.terminals[0] as SwarmTerminal;
    const times: number[] = [];
    for (let round = 0; round < 10; round++) {
      for (const terminal of swarm.terminals.slice(1)) await terminal.press(random.pick(RATINGS));
      times.push(
        ...(await timePressesToWall(town.gateway, `w-${names[0]}`, () => first.press('satisfied'), 1)),
      );
    }
    expect(paused.messages.length).toBe(seen);
    paused.socket.resume();
    await expectSameAsFresh(town, paused, [...names.map((name) => `w-${name}`), 'hall', 'city']);
    const [revisions, messages] = [paused.revision() - pausedAt, paused.messages.length - seen];
    tellFigure(
      `200 votes in ${revisions} revisions while paused, ${messages} messages afterwards; another wall meanwhile: ${spread(times)}`,
    );
    // What found no room was not queued but merged: the latest value a row.
    expect(messages).toBeLessThan(revisions);
    expect(Math.max(...times)).toBeLessThan(1_500);
    await expectStoredEqualsThanked(town.gateway, swarm.terminals);
    await expectScoresEqualRecount(town.gateway);
    expect((await readMetrics(town.gateway)).of('manyi_live_clients_cut_total')).toBe(0);
    paused.close();
    await swarm.stop();
    await town.dispose();
  });

  it.runIf(!isQuick)('is cut when it stays paused, and right again when it comes back', async () => {
    const town = await startBigTown(['1']);
    const swarm = createSwarm({
      logins: town.logins,
      port: () => town.gateway.mqttPort,
      folder: town.folder,
    });
    const terminal = swarm.terminals[0] as SwarmTerminal;
    await swarm.start();
    const paused = await listenLive(town.gateway);
    await paused.snapshot();
    pauseFull(paused);
    const begun = performance.now();
    await until(
      'it to be cut',
      async () => {
        await terminal.press('basically');
        return (await readMetrics(town.gateway)).of('manyi_live_clients_cut_total') === 1;
      },
      { timeoutMs: 90_000, everyMs: 500 },
    );
    tellFigure(`cut after ${((performance.now() - begun) / 1_000).toFixed(0)} s`);
    paused.socket.resume();
    await until('its end', () => paused.socket.readyState === paused.socket.CLOSED);
    const again = await listenLive(town.gateway);
    await again.snapshot();
    await expectSameAsFresh(town, again, ['w-1', 'hall', 'city']);
    again.close();
    await expectStoredEqualsThanked(town.gateway, swarm.terminals);
    await expectScoresEqualRecount(town.gateway);
    await swarm.stop();
    await town.dispose();
  });
});
