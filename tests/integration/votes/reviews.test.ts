/** What a detector flags, with a real gateway: a queue, two people, the score and the wall, and back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Rating } from '../../../protocol/vote.ts';
import { manyi } from '../../support/cli.ts';
import { addAccount, type TestClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { expectScoresEqualRecount } from '../../support/recount.ts';
import { expectVerdictsOfRules } from '../../support/stored-verdicts.ts';
import { until } from '../../support/wait.ts';

type Listed = { id: string; detector: string; state: string; votes: number; from: number };
type Page = { reviews: Listed[]; waiting: { open: number; proposed: number }; next: string | null };

describe('reviews', () => {
  let gateway: TestGateway;
  let terminal: TerminalLogin;
  let operator: TestClient;
  beforeEach(async () => {
    gateway = await startGateway({ env: { MANYI_FIRST_RULES: 'default' } });
    await gateway.add((org) => {
      org.unit('city', '云岭市');
      org.unit('town', '云岭镇', 'city');
      org.unit('other', '别的镇', 'city');
      org.window('w1', 'town', '社保综合窗口1');
      terminal = org.terminal('t-1', 'w1');
    });
    await until(
      'the tree to be known',
      async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 1,
    );
    operator = await addAccount(gateway, { name: 'li', role: 'operator' });
  });
  afterEach(async () => {
    await expectScoresEqualRecount(gateway);
    expectVerdictsOfRules(gateway.dataDir);
    const { code, out } = await manyi(gateway.dataDir, 'check');
    expect([code, out], out).toEqual([0, expect.anything()]);
    await gateway.dispose();
  });

  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(Date.now());
  const YESTERDAY = Date.parse(`${today}T10:00:00+08:00`) - 86_400_000;
  const press = (seq: number, at: number, rating: Rating) => ({
    ...vote(seq, rating),
    at: Math.round(at),
    mono: Math.round(at - YESTERDAY) + 10_000,
  });
  const send = async (...votes: ReturnType<typeof press>[]) =>
    expect((await publish(gateway.mqttPort, terminal, 'manyi/v1/t-1/votes', votesMessage(votes))).code).toBe(
      0,
    );
  const week = async () => {
    const row = (await gateway.scores('7d')).find(({ id }) => id === 'w1');
    return { counts: row?.counts, reasons: row?.discounted?.reasons ?? {} };
  };
  const list = (client: TestClient = gateway, query = '') => client.getJson<Page>(`/api/v1/reviews${query}`);
  const step = async (client: TestClient, id: string, name: string) => {
    const response = await client.send('POST', `/api/v1/reviews/${id}/${name}`, { reason: '看过录像' });
    const body = (await response.json()) as { state?: string; error?: { code: string } };
    return [response.status, body.state ?? body.error?.code];
  };

  it('of what was flagged yesterday: proposed, confirmed by another person, and taken back', async () => {
    const quiet = [0, 11, 24, 41].map((minute, index) =>
      press(index + 1, YESTERDAY + minute * 60_000, 'satisfied'),
    );
    const bad = YESTERDAY + 60 * 60_000;
    const made = [0, 7, 8.5, 10, 11.5, 13].map((second, index) =>
      press(index + 5, bad + second * 1_000, index === 0 ? 'unsatisfied' : 'satisfied'),
    );
    await send(...quiet, ...made);
    const before = {
      counts: { satisfied: 4, basically: 0, unsatisfied: 1 },
      reasons: { 'too-soon': 4, burst: 1 },
    };
    const flagged = await until(
      'the detector',
      async () => (await list()).reviews.find(({ detector }) => detector === 'compensation'),
      { timeoutMs: 30_000 },
    );
    expect(flagged).toMatchObject({ state: 'open', votes: 6, from: bad });
    const counted = await week();
    expect(counted.counts).toEqual(before.counts);
    const { id } = flagged as Listed;
    const one = await gateway.getJson<{
      explanation: { zh: string; en: string };
      figures: Record<string, number>;
      voteList: { seq: number; rating: string; verdict: string }[];
      possible: string[];
    }>(`/api/v1/reviews/${id}`);
    expect(one.explanation.en).toContain('One "unsatisfied", then 5 "satisfied" within 13.0 s; 4 of them');
    expect(one.explanation.zh).toContain('13.0 秒内连按了 5 次“满意”');
    expect(one.voteList.map(({ seq, rating }) => [seq, rating])).toEqual([
      [5, 'unsatisfied'],
      ...[6, 7, 8, 9, 10].map((seq) => [seq, 'satisfied']),
    ]);
    expect(one.possible).toEqual(['propose', 'dismiss']);

    // Whoever manages the unit sees the day and how it stands, and may propose.
    const manager = await addAccount(gateway, { name: 'chen', role: 'unit-manager', unitId: 'town' });
    const midnight = YESTERDAY - 10 * 3_600_000;
    const seen = await manager.getJson<Record<string, unknown>>(`/api/v1/reviews/${id}`);
    expect(seen).toMatchObject({ id, state: 'open', from: midnight, to: midnight + 86_400_000 - 1 });
    for (const name of [
      'detector',
      'detectorVersion',
      'votes',
      'figures',
      'limit',
      'explanation',
      'voteList',
    ])
      expect(seen[name], name).toBeNull();
    expect((await list(manager)).reviews).toMatchObject([
      { id, detector: null, votes: null, from: midnight },
    ]);
    expect((await manager.send('GET', '/api/v1/reviews?detector=compensation')).status).toBe(403);
    // … and learns nothing by proposing, either: whether there was a vote at that moment, and whether it counts.
    const blind = async (from: number, to: number) => {
      const asked = { window: 'w1', from, to, decision: 'dismiss', reason: '像是误按' };
      const response = await manager.send('POST', '/api/v1/reviews', asked);
      return [response.status, ((await response.json()) as { votes: unknown }).votes];
    };
    expect(await blind(bad, bad)).toEqual([201, null]);
    expect(await blind(bad - 20_000, bad - 10_000)).toEqual([201, null]);
    const stranger = await addAccount(gateway, { name: 'wu', role: 'unit-manager', unitId: 'other' });
    expect(await list(stranger)).toEqual({ reviews: [], waiting: { open: 0, proposed: 0 }, next: null });
    expect(await step(stranger, id, 'propose')).toEqual([404, 'review-unknown']);
    expect(await step(manager, id, 'confirm')).toEqual([403, 'role-insufficient']);

    expect(await step(operator, id, 'propose')).toEqual([201, 'proposed']);
    expect(await step(operator, id, 'confirm')).toEqual([403, 'review-person-same']);
    expect(await week()).toEqual(counted);
    expect(await step(gateway, id, 'confirm')).toEqual([201, 'confirmed']);
    expect(await week()).toEqual({
      counts: { satisfied: 4, basically: 0, unsatisfied: 0 },
      reasons: { dismissed: 6 },
    });
    await gateway.kill();
    await gateway.start();
    expect((await week()).reasons).toEqual({ dismissed: 6 });
    expect((await list(gateway, '?state=confirmed&unit=town&detector=compensation')).reviews).toHaveLength(1);

    // At the command line, beside the gateway.
    const { code, out } = await manyi(
      gateway.dataDir,
      '--json',
      'reviews',
      'reopen',
      id,
      '--reason',
      '弄错了',
    );
    expect([code, JSON.parse(out)]).toMatchObject([0, { state: 'open', changed: 6 }]);
    await until('the score to be back', async () => {
      expect(await week()).toEqual(counted);
      return true;
    });
    const shown = await manyi(gateway.dataDir, 'reviews', 'show', id);
    expect(shown.out).toContain('弄错了');
  });

  it('of what people bring up: the wall follows at once, and back', async () => {
    const now = Date.now() - 100_000;
    await send(
      press(1, now, 'satisfied'),
      press(2, now + 30_000, 'unsatisfied'),
      press(3, now + 60_000, 'satisfied'),
    );
    const live = await listenLive(gateway);
    await live.snapshot();
    const onWall = () => live.window('w1')?.counts;
    const all = { satisfied: 2, basically: 0, unsatisfied: 1 };
    await until('the wall', () => onWall()?.unsatisfied === 1);
    const raised = await operator.send('POST', '/api/v1/reviews', {
      ...{ window: 'w1', from: now + 30_000, to: now + 30_000 },
      ...{ decision: 'dismiss', reason: '员工误按' },
    });
    const { id, votes } = (await raised.json()) as { id: string; votes: number };
    expect([raised.status, votes]).toEqual([201, 1]);
    expect((await list()).waiting).toEqual({ open: 0, proposed: 1 });
    expect(await step(gateway, id, 'confirm')).toEqual([201, 'confirmed']);
    await until('the wall without it', () => onWall()?.unsatisfied === 0);
    expect(await step(operator, id, 'reopen')).toEqual([201, 'open']);
    await until('the wall with it', () => onWall()?.unsatisfied === 1);
    expect(onWall()).toEqual(all);
    live.close();
  });
});
