/** What counts for what, with real gateways: as votes come, come late, come after a restart, and by what people decide. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Rating } from '../../../protocol/vote.ts';
import { manyi } from '../../support/cli.ts';
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
    const lately = [-2, 1].map((days) => dayIn(days)).join('..');
    const recounted = await manyi(gateway.dataDir, 'recount', '--unit', 'city', '--period', lately);
    expect([recounted.code, recounted.err, recounted.out]).toEqual([
      0,
      '',
      expect.stringMatching(/^equal: /m),
    ]);
    await gateway.dispose();
  });

  const dayIn = (days: number) =>
    new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(Date.now() + days * 86_400_000);
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

  it('are explained, over HTTP and at the command line, and who has looked is written down', async () => {
    await send(press(1, 0, 'unsatisfied'), press(2, 2), press(3, 4));
    await untilShown('one', { votes: 1, reasons: { superseded: 1, 'too-soon': 1 } });
    const [{ epoch = '' } = {}] = await gateway.getJson<{ epoch: string }[]>(
      '/api/v1/votes?from=0&to=9000000000000',
    );
    const at = (seq: number | string, terminalId = 't-1') =>
      `/api/v1/votes/${terminalId}/${epoch}/${seq}/verdict`;
    const told = await gateway.getJson<{ byRules: string; stored: string; words: { zh: string }[] }>(at(3));
    expect(told).toMatchObject({ stored: 'too-soon', byRules: 'too-soon', standing: 'same' });
    expect(told.words.map(({ zh }) => zh).join('')).toContain('R1 按键间隔：距同一设备上保留的按键 t-1#2');

    const shown = await manyi(gateway.dataDir, 'vote', 'explain', 't-1', epoch, '2');
    expect([shown.code, shown.err]).toEqual([0, '']);
    expect(shown.out).toContain('By these rules it is counted.');
    expect(shown.out).toContain('it took the place of t-1#1');
    const asJson = await manyi(gateway.dataDir, '--json', 'votes', 'explain', 't-1', epoch, '3');
    expect(JSON.parse(asJson.out)).toEqual([told]);

    const refusedWith = async (path: string) => {
      const response = await gateway.fetch(path);
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await refusedWith(at(9))).toEqual([404, 'vote-unknown']);
    expect(await refusedWith(at(1, 't-9'))).toEqual([404, 'terminal-unknown']);
    for (const bad of [at('0'), at('1e99'), at(1, '..%2f'), at(1).replace(epoch, 'x'), at('9'.repeat(40))])
      expect(await refusedWith(bad)).toEqual([400, 'parameters-invalid']);
    expect((await manyi(gateway.dataDir, 'vote', 'explain', 't-1', epoch, '9')).err).toMatch(
      /^vote-unknown: /,
    );
    expect((await manyi(gateway.dataDir, 'vote', 'explain', 't-1', 'x', '9')).err).toMatch(
      /^argument-invalid: /,
    );
    const audit = await gateway.getJson<{ action: string; target: string }[]>('/api/v1/audit');
    expect(audit.filter(({ action }) => action === 'votes.explain').map(({ target }) => target)).toEqual([
      `vote:t-1/${epoch}/3`,
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

  const today = () => dayIn(0);
  const tomorrow = () => dayIn(1);
  const set = (body: object) =>
    gateway.fetch('/api/v1/rules', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: '检查规则', ...body }),
    });
  const OFF = {
    ...{ pressIntervalMs: 0, changeOfMindMs: 0, burstPresses: 0, burstSpanMs: 0 },
    ...{ stuckPresses: 0, stuckVariationPercent: 0, stuckLongestGapMs: 0, stuckHeldMs: 0 },
  };

  it('follow the rules that people set, at the window that they are set for, and back again', async () => {
    await send(press(1, 0), press(2, 2));
    await untilShown('one too soon', { votes: 1, reasons: { 'too-soon': 1 } });

    const refusedWith = async (body: object) => {
      const response = await set(body);
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await refusedWith({ validFrom: today(), settings: OFF })).toEqual([422, 'rule-past']);
    expect(await refusedWith({ validFrom: tomorrow(), settings: { pressIntervalMs: -1 } })).toEqual([
      422,
      'rule-invalid',
    ]);
    expect(await refusedWith({ validFrom: tomorrow(), settings: { burstPresses: 0 } })).toEqual([
      422,
      'rule-incomplete',
    ]);
    expect(await refusedWith({ validFrom: tomorrow(), window: 'w9', settings: OFF })).toEqual([
      404,
      'window-unknown',
    ]);
    const ended = { validFrom: '2026-12-02', validTo: '2026-12-01', settings: OFF };
    expect(await refusedWith(ended)).toEqual([422, 'rule-span-reversed']);

    const day = { weekly: Array(7).fill([{ from: '08:30', to: '12:00' }]), jurisdiction: null, makeUp: null };
    const hours = { ...day, exceptions: [], graceBeforeMinutes: 0, graceAfterMinutes: 0 };
    const overlapping = [
      { from: '08:30', to: '12:00' },
      { from: '11:00', to: '17:00' },
    ];
    const bad = (change: object) =>
      refusedWith({ validFrom: tomorrow(), settings: { hours: { ...hours, ...change } } });
    expect(await bad({ weekly: 5 })).toEqual([400, 'parameters-invalid']);
    expect(await bad({ weekly: Array(7).fill(overlapping) })).toEqual([422, 'hours-overlap']);
    const command = ['rules', 'set', '--from', tomorrow(), '--reason', 'x'];
    expect(await manyi(gateway.dataDir, ...command, 'hours={"weekly":5}')).toMatchObject({
      code: 1,
      err: expect.stringContaining('hours: JSON'),
    });

    const yesterday = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(
      Date.now() - 86_400_000,
    );
    const replay = { validFrom: yesterday, judgeAgain: true };
    const made = await set({ ...replay, window: 'w1', settings: OFF });
    expect([made.status, await made.json()]).toEqual([
      201,
      { node: 'window:w1', version: 1, windowsJudgedAgain: 1, publications: [] },
    ]);
    await untilShown('all that was pressed', { votes: 2, reasons: {} });
    await send(press(3, 3));
    await untilShown('what comes by the new rules', { votes: 3, reasons: {} });

    const { code, out } = await manyi(
      gateway.dataDir,
      ...['--json', 'rules', 'set', '--window', 'w1', '--from', yesterday, '--judge-again'],
      ...['--reason', 'as before', 'pressIntervalMs=5000', 'changeOfMindMs=3000', 'burstPresses=4'],
      ...['burstSpanMs=20000', 'stuckPresses=10', 'stuckVariationPercent=10', 'stuckLongestGapMs=60000'],
      'stuckHeldMs=5000',
    );
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { node: 'window:w1', version: 2, windowsJudgedAgain: 1, publications: [] },
    ]);
    await untilShown('as at the beginning', { votes: 1, reasons: { 'too-soon': 2 } });
    expect(gateway.log()).toContain('a thread begins to judge stored votes');
    expect(gateway.log()).not.toContain('foresight-failed');
    // Open for an hour, half a day away from now.
    const away = (new Date(Date.now() + 8 * 3_600_000).getUTCHours() + 12) % 24;
    const clock = (hour: number) => `${String(hour).padStart(2, '0')}:00`;
    const spans = [{ from: clock(away), to: clock(away + 1) }];
    const closed = {
      ...replay,
      window: 'w1',
      settings: { hours: { ...hours, weekly: Array(7).fill(spans) } },
    };
    expect((await set(closed)).status).toBe(201);
    await untilShown('out of hours', { votes: 0, reasons: { 'out-of-hours': 3 } });
    const always = { ...replay, window: 'w1', settings: { hours: null } };
    expect((await set(always)).status).toBe(201);
    await untilShown('as by the rules of all', { votes: 1, reasons: { 'too-soon': 2 } });
    const versions = await gateway.getJson<{ node: string; version: number }[]>('/api/v1/rules');
    expect(versions.map(({ node, version }) => `${node}@${version}`)).toEqual([
      'all@1',
      'window:w1@1',
      'window:w1@2',
      'window:w1@3',
      'window:w1@4',
    ]);
    const audit = await gateway.getJson<{ action: string }[]>('/api/v1/audit');
    expect(audit.filter(({ action }) => action === 'rules.add')).toHaveLength(4);
  });
});
