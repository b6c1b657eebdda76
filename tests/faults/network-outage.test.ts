/**
 * A day without a line: a hall's terminals come back with a day's votes each. All of it arrives, at the times of the
 * presses, and who votes at that moment does not wait behind it. Promises A, C and E.
 */
import { describe, expect, it } from 'vitest';
import { RATINGS } from '../../protocol/vote.ts';
import { createSwarm } from '../support/agent-swarm.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked, storedVotes } from '../support/recount.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { startTerminal } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';
import { spread, tellFigure } from './figures.ts';
import { scaled, seededRandom } from './seed.ts';
import { numbered, startTown, timePressesToWall } from './town.ts';

const DAY_MS = 86_400_000;

describe('24 hours without a line', () => {
  it('drain completely, while a press next to it is on the wall within a second', async () => {
    const [away, votesEach] = [scaled(4, 12), scaled(1_500, 3_000)];
    const random = seededRandom('outage');
    const town = await startTown([...numbered(away), 'live']);
    const proxy = await startTcpProxy(() => town.gateway.mqttPort);
    proxy.refuse();
    const swarm = createSwarm({
      logins: town.logins.slice(0, away),
      port: () => proxy.port,
      folder: town.folder,
      processes: 2,
      uplink: { backoff: { baseMs: 100, capMs: 1_000 } },
    });
    const toMs = Date.now();
    const span = { fromMs: toMs - DAY_MS, toMs };
    for (const terminal of swarm.terminals) {
      const ratings = Array.from({ length: votesEach }, () => random.pick(RATINGS));
      await swarm.addBacklog(terminal, { ...span, ratings });
    }
    await swarm.start();
    const live = await startTerminal({ ...town, login: town.login('live') });
    await until('the live terminal', () => live.isConnected());

    const begun = performance.now();
    proxy.heal();
    const drained = expectStoredEqualsThanked(town.gateway, swarm.terminals, { timeoutMs: 300_000 }).then(
      () => performance.now() - begun,
    );
    const times = await timePressesToWall(town.gateway, 'w-live', () => live.press('1'), scaled(8, 30));
    const drainedMs = await drained;
    const total = away * votesEach;
    tellFigure(
      `${total} votes of 24 h from ${away} terminals in ${(drainedMs / 1_000).toFixed(1)} s (${Math.round((total * 1_000) / drainedMs)}/s); press to wall meanwhile: ${spread(times)}`,
    );
    expect(Math.max(...times)).toBeLessThan(1_000);
    // One terminal's rate alone would allow 3,200 votes a second: a small part of it is plenty for a day's.
    expect(drainedMs).toBeLessThan(5_000 + total * 4);

    const stored = storedVotes(town.gateway.dataDir).filter(({ terminal }) => terminal !== live.login.id);
    const dates = stored.map(({ at }) => at);
    expect(Math.min(...dates)).toBeLessThan(span.fromMs + DAY_MS / 100);
    expect(Math.max(...dates) - Math.min(...dates)).toBeGreaterThan(0.98 * DAY_MS);
    await expectStoredEqualsThanked(town.gateway, [...swarm.terminals, live]);
    await until('the evidence to agree', async () =>
      (await town.gateway.scores()).every(({ completeness }) => completeness.state === 'complete'),
    );
    await expectScoresEqualRecount(town.gateway);
    await live.end();
    await swarm.stop();
    await proxy.dispose();
    await town.dispose();
  });
});
