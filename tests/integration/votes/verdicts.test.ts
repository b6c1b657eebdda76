/** What counts for what, with real gateways: as votes come, come late, come after a restart, and by what people decide. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Rating } from '../../../protocol/vote.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { expectScoresEqualRecount } from '../../support/recount.ts';
import { expectVerdictsOfRules } from '../../support/stored-verdicts.ts';
import { until } from '../../support/wait.ts';

describe('verdicts', () => {
  let gateway: TestGateway;
  let terminal: TerminalLogin;
  beforeEach(async () => {
    gateway = await startGateway({ env: { MANYI_FIRST_RULES: 'default' } });
    await gateway.add((org) => {
      org.unit('city', '云岭市');
      org.window('w1', 'city', '社保综合窗口1');
      terminal = org.terminal('t-1', 'w1');
    });
    await until(
      'the tree to be known',
      async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 1,
    );
  });
  afterEach(async () => {
    await expectScoresEqualRecount(gateway);
    expectVerdictsOfRules(gateway.dataDir);
    await gateway.dispose();
  });

  // What is known of a journal dates what comes after it, to ten minutes.
  const START = Date.now() - 300_000;
  /** Pressed so many seconds after the start of all. */
  const press = (seq: number, second: number, rating: Rating = 'satisfied') => ({
    ...vote(seq, rating),
    at: START + second * 1_000,
    mono: 10_000 + second * 1_000,
  });
  const send = async (...votes: ReturnType<typeof press>[]) =>
    expect((await publish(gateway.mqttPort, terminal, 'manyi/v1/t-1/votes', votesMessage(votes))).code).toBe(
      0,
    );
  const row = async () => (await gateway.scores('7d')).find(({ id }) => id === 'w1');
  const shown = async () => {
    const { votes, discounted } = (await row()) ?? {};
    return { votes, reasons: discounted?.reasons ?? {} };
  };
  const untilShown = (what: string, expected: Awaited<ReturnType<typeof shown>>) =>
    until(what, async () => {
      expect(await shown()).toEqual(expected);
      return true;
    });

  it('are told with the vote, move the score of an earlier one, and are never more than all that were pressed', async () => {
    const live = await listenLive(gateway);
    await live.snapshot();
    await send(press(1, 0, 'unsatisfied'));
    await untilShown('the wrong press', { votes: 1, reasons: {} });
    await send(press(2, 2, 'satisfied'));
    await untilShown('the change of mind', { votes: 1, reasons: { superseded: 1 } });
    await send(press(3, 4), press(4, 5));
    await untilShown('the impatient', { votes: 1, reasons: { superseded: 1, 'too-soon': 2 } });
    await send(press(5, 100));
    await until('the wall', () => live.window('w1')?.votes === 2);
    expect(live.unit('city')).toMatchObject({
      counts: { satisfied: 2, basically: 0, unsatisfied: 0 },
      discounted: {
        counts: { satisfied: 2, basically: 0, unsatisfied: 1 },
        reasons: { superseded: 1, 'too-soon': 2 },
      },
    });
    live.close();
    const exported = await gateway.getJson<{ seq: number; verdict: string }[]>(
      '/api/v1/votes?from=0&to=9000000000000',
    );
    expect(exported.map(({ verdict }) => verdict)).toEqual([
      'superseded',
      'counted',
      'too-soon',
      'too-soon',
      'counted',
    ]);
  });

  it('of what comes late, and of what comes after a restart, are found by what is stored', async () => {
    await send(press(1, 0), press(3, 6), press(4, 40));
    await untilShown('three', { votes: 3, reasons: {} });
    // It makes the third too soon, and is kept itself.
    await send(press(2, 5.5));
    await untilShown('the late one', { votes: 3, reasons: { 'too-soon': 1 } });
    await gateway.kill();
    await gateway.start();
    await untilShown('the same after the restart', { votes: 3, reasons: { 'too-soon': 1 } });
    await send(press(5, 41));
    await untilShown('one after the restart', { votes: 3, reasons: { 'too-soon': 2 } });
  });

  it('take no vote for a clock that was set in between', async () => {
    await send(press(1, 0));
    await send({ ...press(2, 1), at: START + 100_000 });
    await untilShown('two', { votes: 2, reasons: {} });
  });
});
