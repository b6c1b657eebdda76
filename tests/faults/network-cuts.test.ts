/** Connections that break at any byte, in the middle of any packet, either way: nothing is lost or doubled. Promise A. */
import { describe, expect, it } from 'vitest';
import { RATINGS } from '../../protocol/vote.ts';
import { createSwarm } from '../support/agent-swarm.ts';
import { readMetrics } from '../support/metrics.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/wait.ts';
import { tellFigure } from './figures.ts';
import { scaled, seededRandom } from './seed.ts';
import { numbered, startTown } from './town.ts';

describe('a line that breaks', () => {
  it('at any byte, again and again, loses and doubles nothing', async () => {
    const rounds = scaled(8, 300);
    const town = await startTown(numbered(8));
    const proxies = await Promise.all(town.logins.map(() => startTcpProxy(() => town.gateway.mqttPort)));
    const swarm = createSwarm({
      logins: town.logins,
      port: (login) => proxies[town.logins.indexOf(login)]?.port as number,
      folder: town.folder,
      uplink: { backoff: { baseMs: 20, capMs: 100 }, resendMs: 500 },
    });
    await swarm.start();
    let cuts = 0;
    await Promise.all(
      swarm.terminals.map(async (terminal, at) => {
        const random = seededRandom(`cuts ${at}`);
        const proxy = proxies[at]!;
        for (let round = 0; round < rounds; round++) {
          const taken = proxy.accepted();
          // A sign-in is some 300 bytes with its subscriptions, a vote some 300, an ack some 150.
          proxy.cutAfter(random.between(1, 900), random.pick(['up', 'down']), random.pick(['rst', 'fin']));
          const isCut = () => proxy.accepted() > taken;
          // Votes until the byte is reached; those pressed while the line is down add to the next bytes.
          while (!isCut()) {
            await terminal.press(random.pick(RATINGS));
            await until('the cut', isCut, { timeoutMs: 150, everyMs: 5 }).catch(() => {});
          }
          proxy.heal();
          cuts += proxy.accepted() - taken;
          if (random.chance(0.3)) await until('it to be up', () => terminal.isUp());
        }
      }),
    );
    const tally = await expectStoredEqualsThanked(town.gateway, swarm.terminals);
    await expectScoresEqualRecount(town.gateway);
    const metrics = await readMetrics(town.gateway);
    tellFigure(
      `${cuts} cuts, ${tally.thanked} thanked, ${tally.stored} stored, ${metrics.of('manyi_votes_duplicate_total')} sent twice`,
    );
    expect(cuts).toBeGreaterThanOrEqual(rounds * proxies.length);
    // What was cut off in the middle is no message: nothing of it is set aside.
    expect(metrics.sum('manyi_quarantined_total')).toBe(0);
    await swarm.stop();
    await Promise.all(proxies.map((proxy) => proxy.dispose()));
    await town.dispose();
  });
});
