/** Two people at two gateways of one database: whoever tries alone, from outside, or at the same time, votes count for one thing everywhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manyiWith } from '../../support/cli.ts';
import { addAccount, createSessionClient, type TestClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { until } from '../../support/wait.ts';

const MINUTE = 60_000;

describe.skipIf(!have(POSTGRES))('reviews at two gateways', () => {
  let cluster: Cluster;
  let database: string;
  let gateways: [TestGateway, TestGateway];
  let terminal: TerminalLogin;
  /** Each person, at both of them. */
  const people = new Map<string, [TestClient, TestClient]>();

  beforeAll(async () => {
    cluster = await startCluster();
    database = cluster.primary.address(await cluster.createDatabase());
    const env = { MANYI_FIRST_RULES: 'default' };
    const first = await startGateway({ database, env });
    await first.add((org) => {
      org.unit('city', '云岭市');
      org.unit('town', '云岭镇', 'city');
      org.unit('other', '别的镇', 'city');
      org.window('w1', 'town', '社保综合窗口1');
      terminal = org.terminal('t-1', 'w1');
    });
    const second = await startGateway({ database, env });
    gateways = [first, second];
    const add = async (name: string, role: string, unitId?: string) => {
      const client = await addAccount(first, { name, role, ...(unitId !== undefined && { unitId }) });
      people.set(name, [client, createSessionClient(() => second.httpUrl, name, client.password)]);
    };
    await add('li', 'operator');
    await add('wang', 'operator');
    await add('zhao', 'operator');
    await add('wu', 'unit-manager', 'other');
  }, 180_000);
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.dispose()));
    await cluster?.dispose();
  });

  const base = Math.floor((Date.now() - 50 * MINUTE) / 1_000) * 1_000;
  const press = (seq: number, second: number) => ({
    ...vote(seq, 'satisfied'),
    ...{ at: base + second * 1_000, mono: 10_000 + second * 1_000 },
  });
  const send = async (at: 0 | 1, ...votes: object[]) => {
    const sent = await publish(gateways[at].mqttPort, terminal, 'manyi/v1/t-1/votes', votesMessage(votes));
    expect(sent.code, sent.err).toBe(0);
  };
  const person = (name: string, at: 0 | 1) => (people.get(name) as [TestClient, TestClient])[at];
  const step = async (name: string, at: 0 | 1, id: string, what: string) => {
    const answer = await person(name, at).send('POST', `/api/v1/reviews/${id}/${what}`, {
      reason: '看过录像',
    });
    const { state, error } = (await answer.json()) as { state?: string; error?: { code: string } };
    return `${answer.status} ${state ?? error?.code}`;
  };
  const seen = (at: 0 | 1) => async () => {
    const row = (await gateways[at].scores('7d')).find(({ id }) => id === 'w1');
    return { counted: row?.votes ?? null, reasons: row?.discounted?.reasons ?? {} };
  };
  const bothSay = async (what: string, counted: number, reasons: Record<string, number>) => {
    for (const at of [0, 1] as const)
      await until(`${what} at gateway ${at + 1}`, async () => {
        expect(await seen(at)()).toEqual({ counted, reasons });
        return true;
      });
  };
  const command = async (...args: string[]) => {
    const settings = { MANYI_DATA_DIR: gateways[0].dataDir, MANYI_DATABASE: database };
    const { code, out, err } = await manyiWith(settings, ...args);
    expect(code, out + err).toBe(0);
    return out;
  };

  it('are decided by two, once, and what was decided holds through late votes and other rules', async () => {
    // Four honest ones, and five by one hand: the first of these counts, the others are too soon. Three are still on their way.
    const honest = [0, 60, 120, 180].map((second, index) => press(index + 1, second));
    await send(0, ...honest, ...[600, 601, 602, 603, 604].map((second, index) => press(index + 8, second)));
    await bothSay('what came', 5, { 'too-soon': 4 });

    const raised = await person('li', 0).send('POST', '/api/v1/reviews', {
      ...{ window: 'w1', from: base + 60_000, to: base + 700_000, decision: 'dismiss', reason: '同一人连按' },
    });
    const { id, votes } = (await raised.json()) as { id: string; votes: number };
    expect([raised.status, votes]).toEqual([201, 4]);

    // Alone, at whichever gateway; from outside; by nobody.
    expect(await step('li', 0, id, 'confirm')).toBe('403 review-person-same');
    expect(await step('li', 1, id, 'confirm')).toBe('403 review-person-same');
    for (const at of [0, 1] as const) {
      expect(await step('wu', at, id, 'confirm')).toMatch(/^403 role-insufficient|^404 review-unknown/);
      expect(await step('wu', at, id, 'propose')).toBe('404 review-unknown');
    }
    await bothSay('nothing else', 5, { 'too-soon': 4 });

    // Two at once, while votes of its span come late.
    const [first, second] = await Promise.all([
      step('wang', 0, id, 'confirm'),
      step('zhao', 1, id, 'confirm'),
      send(1, press(5, 240), press(6, 300), press(7, 599.5)),
    ]);
    expect([first, second].sort()).toEqual(['201 confirmed', '409 review-step-impossible']);
    await bothSay('what is left', 4, { dismissed: 4, 'too-soon': 4 });
    // For its neighbours the late one is a press, and for what rules say of those that are dismissed: no figure tells when that is judged.
    await until('what rules say of what is dismissed', async () => {
      const shown = await gateways[1].getJson<{ voteList: Record<string, unknown>[] }>(
        `/api/v1/reviews/${id}`,
      );
      expect(shown.voteList.map(({ seq, verdict, byRules }) => [seq, verdict, byRules])).toEqual([
        ...[2, 3, 4].map((seq) => [seq, 'dismissed', 'counted']),
        [8, 'dismissed', 'too-soon'],
      ]);
      return true;
    });

    // A replay by rules that discount nothing takes nothing back.
    const replay = await gateways[1].send('POST', '/api/v1/rules', {
      ...{ validFrom: '2020-01-01', judgeAgain: true, reason: '重新认定' },
      settings: { pressIntervalMs: 0, changeOfMindMs: 0, burstPresses: 0, burstSpanMs: 0 },
    });
    expect(replay.status, await replay.clone().text()).toBe(201);
    await bothSay('what other rules say', 8, { dismissed: 4 });
    await command('check');
    const span = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(base);
    expect(await command('recount', '--unit', 'city', '--period', `${span}..${span}`)).toContain('equal');

    // Taken back, its votes are what those rules say.
    expect(await step('li', 1, id, 'reopen')).toBe('201 open');
    await bothSay('all of them', 12, {});
    await command('check');
  });
});
