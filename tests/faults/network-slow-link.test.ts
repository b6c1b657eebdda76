/** A bad mobile connection: seconds of delay and a few kilobytes a second. Slow is not broken. Promises A and E. */
import { describe, expect, it } from 'vitest';
import { RATINGS } from '../../protocol/vote.ts';
import { createSwarm } from '../support/agent-swarm.ts';
import { readMetrics } from '../support/metrics.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/wait.ts';
import { tellFigure } from './figures.ts';
import { isQuick, scaled, seededRandom } from './seed.ts';
import { startTown } from './town.ts';

type Link = { delayMs: number; bytesPerS: number; votes: number };

async function drainOver({ delayMs, bytesPerS, votes }: Link) {
  const random = seededRandom(`slow ${bytesPerS}`);
  const town = await startTown(['slow']);
  const proxy = await startTcpProxy(() => town.gateway.mqttPort);
  proxy.delay(delayMs);
  proxy.limit(bytesPerS);
  const swarm = createSwarm({ logins: town.logins, port: () => proxy.port, folder: town.folder });
  const [terminal] = swarm.terminals as [(typeof swarm.terminals)[0]];
  await swarm.start();
  for (let vote = 0; vote < votes; vote++) await terminal.press(random.pick(RATINGS));
  const begun = performance.now();
  await expectStoredEqualsThanked(town.gateway, swarm.terminals, { timeoutMs: 240_000 });
  await until('the acks', async () => (await swarm.states())[0]?.depth === 0, { timeoutMs: 60_000 });
  const tookS = (performance.now() - begun) / 1_000;
  const sentTwice = (await readMetrics(town.gateway)).of('manyi_votes_duplicate_total');
  tellFigure(
    `${bytesPerS} bytes/s, ${delayMs} ms each way: ${votes} votes in ${tookS.toFixed(1)} s, ${proxy.bytes('up')} bytes, ${proxy.accepted()} connections, ${sentTwice} votes sent twice`,
  );
  await expectScoresEqualRecount(town.gateway);
  await swarm.stop();
  await proxy.dispose();
  await town.dispose();
  return { sentTwice, connections: proxy.accepted() };
}

describe('a slow line', () => {
  it('with 500 ms of delay brings everything over one connection, once', async () => {
    const { sentTwice, connections } = await drainOver({
      delayMs: 500,
      bytesPerS: 16_000,
      votes: scaled(40, 200),
    });
    expect(connections).toBe(1);
    expect(sentTwice).toBe(0);
  });

  it.runIf(!isQuick)('of 1 KB a second brings a whole backlog, in smaller messages', async () => {
    const { connections } = await drainOver({ delayMs: 1_000, bytesPerS: 1_000, votes: 400 });
    expect(connections).toBeLessThan(10);
  });
});
