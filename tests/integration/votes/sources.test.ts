/** Votes of another system at a real gateway: each answered, stored once, and in every figure. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { History } from '../../../protocol/history.ts';
import type { SourceAnswer } from '../../../protocol/source-votes.ts';
import { addLink, createLinkClient, type TestClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/wait.ts';

const DAY_MS = 86_400_000;

describe('votes of a source', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
    await gateway.add((org) => {
      org.unit('city', '云岭市');
      org.unit('east', '东区', 'city');
      org.window('w1', 'east', '一号');
      org.window('w2', 'city', '二号');
    });
    await until('the tree', async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 2);
  }, 60_000);
  afterAll(() => gateway?.dispose());

  const source = async (name: string, unitId?: string) =>
    createLinkClient(
      gateway,
      (await addLink(gateway, { kind: 'source', name, ...(unitId !== undefined && { unitId }) })).token,
    );
  const vote = (key: string, more: object = {}) => ({
    ...{ key, window: 'w1', channel: 'sms', rating: 'satisfied', at: Date.now() - 1_000 },
    ...more,
  });
  const send = async (by: TestClient, votes: readonly object[]) => {
    const response = await by.send('POST', '/api/v1/votes', { votes });
    expect(response.status).toBe(200);
    return ((await response.json()) as SourceAnswer).votes.map(({ key, outcome, code }) =>
      [key, outcome, ...(code === null ? [] : [code])].join(' '),
    );
  };
  const statusOf = async (by: TestClient, body: object) =>
    (await by.send('POST', '/api/v1/votes', body)).status;

  it('are answered one by one, stored once, live in the scores, and apart in history', async () => {
    const sms = await source('短信平台');
    const at = Date.now() - 60_000;
    const given = [
      vote('a', { at }),
      vote('b', { at, rating: 'unsatisfied' }),
      vote('c', { at, window: 'w2', channel: 'phone' }),
      vote('d', { window: 'nowhere' }),
      vote('e', { at: Date.now() + DAY_MS }),
      vote('f', { at: Date.now() - 500 * DAY_MS }),
      vote('g', { channel: 'button' }),
      vote('h', { channel: 'touch' }),
    ];
    expect(await send(sms, given)).toEqual([
      ...['a stored', 'b stored', 'c stored', 'd refused window-unknown'],
      ...['e refused time-impossible', 'f refused time-impossible'],
      ...['g refused channel-pressed', 'h refused channel-pressed'],
    ]);
    // A new link of the same name goes on; another name has keys of its own.
    const again = [...given.slice(0, 2), vote('c', { at, window: 'w2' })];
    expect(await send(await source('短信平台'), again)).toEqual([
      'a already-stored',
      'b already-stored',
      'c refused key-taken',
    ]);
    expect(await send(await source('网站'), [vote('a', { channel: 'web' })])).toEqual(['a stored']);
    await until('the scores', async () => {
      const rows = await gateway.scores();
      return rows.find(({ id }) => id === 'city')?.votes === 4;
    });
    const day = new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Shanghai' });
    const query = `from=${day.format(at)}&to=${day.format(Date.now())}&by=day`;
    const city = await gateway.getJson<History>(`/api/v1/history?unit=city&${query}&channels=apart`);
    expect(city.channels?.map(({ channel, total }) => [channel, total.votes])).toEqual([
      ['sms', 2],
      ['phone', 1],
      ['web', 1],
    ]);
    const votes = await gateway.getJson<object[]>(`/api/v1/votes?from=${at}&to=${at + 1}&window=w1`);
    expect(votes).toHaveLength(2);
    expect(votes[0]).toMatchObject({
      terminal: null,
      epoch: null,
      origin: '短信平台',
      channel: 'sms',
      seq: 1,
      // No terminal has dated it.
      clock: 'origin',
    });
    const csv = await gateway.fetch(`/api/v1/votes?from=${at}&to=${at + 1}&window=w1&format=csv`);
    const [heading = '', first = ''] = (await csv.text()).split('\r\n');
    expect(first.split(',')[heading.split(',').indexOf('clock')]).toBe('origin');
  });

  it('are excluded as a system’s, live and for those that come after, and taken back', async () => {
    const kiosk = await source('自助机');
    const at = Date.now() - 30_000;
    const own = await gateway.getJson<{ rows?: unknown }>('/api/v1/exclusions');
    expect(own).toEqual([]);
    const row = async () => {
      const found = (await gateway.scores()).find(({ id }) => id === 'w1');
      return { votes: found?.votes ?? 0, excluded: found?.excluded?.satisfied ?? 0 };
    };
    const before = (await row()).votes;
    expect(await send(kiosk, [vote('k1', { at }), vote('k2', { at })])).toEqual(['k1 stored', 'k2 stored']);
    await until('the votes', async () => (await row()).votes === before + 2);
    const exclude = (body: object) => gateway.send('POST', '/api/v1/exclusions', body);
    const span = { from: at, to: at + 60_000, reason: '测试程序乱发' };
    const made = await exclude({ origin: '自助机', ...span });
    expect(made.status).toBe(201);
    const { id, votes } = (await made.json()) as { id: string; votes: number };
    expect(votes).toBe(2);
    await until('them excluded', async () => {
      const { votes: counted, excluded } = await row();
      return counted === before && excluded === 2;
    });
    await send(kiosk, [vote('k3', { at: at + 1 })]);
    await until('the third', async () => (await row()).excluded === 3);
    expect((await row()).votes).toBe(before);
    const refused = async (body: object) => {
      const answer = await exclude({ ...span, ...body });
      const told = (await answer.json()) as { error?: { code: string } };
      return `${answer.status} ${told.error?.code}`;
    };
    expect(await refused({ origin: '没有' })).toBe('404 origin-unknown');
    expect(await refused({ origin: '自助机', originUnit: 'east' })).toBe('404 origin-unknown');
    expect(await refused({ window: 'w9' })).toBe('404 window-unknown');
    for (const body of [
      {},
      { originUnit: 'east' },
      { window: 'w1', terminal: 't-1' },
      { origin: 'a', terminal: 't-1' },
    ])
      expect(await refused(body), JSON.stringify(body)).toBe('400 parameters-invalid');
    expect(await gateway.getJson<object[]>('/api/v1/exclusions')).toMatchObject([
      { id, terminalId: null, origin: '自助机', originUnit: null, windowId: null },
    ]);
    const [line] = await gateway.getJson<{ action: string; target: string }[]>('/api/v1/audit?limit=1');
    expect([line?.action, line?.target]).toEqual(['votes.exclude', 'origin:/自助机']);
    expect((await gateway.send('POST', `/api/v1/exclusions/${id}/end`, { reason: '修好了' })).status).toBe(
      201,
    );
    await until('them counted', async () => (await row()).votes === before + 3);
  });

  it('are imputed where the system says so, stand beside the score, and are explained by their key', async () => {
    const machine = await source('默认好评机');
    const row = async () => (await gateway.scores()).find(({ id }) => id === 'w1');
    const before = (await row())?.votes ?? 0;
    const given = vote('p/1', { imputed: true });
    expect(await send(machine, [given, vote('p/2')])).toEqual(['p/1 stored', 'p/2 stored']);
    expect(await send(machine, [given, { ...given, imputed: false }])).toEqual([
      'p/1 already-stored',
      'p/1 refused key-taken',
    ]);
    await until('the votes', async () => (await row())?.votes === before + 1);
    expect((await row())?.discounted?.reasons).toMatchObject({ imputed: 1 });
    const query = (key: string, origin = '默认好评机') =>
      `/api/v1/votes/verdict?origin=${encodeURIComponent(origin)}&key=${encodeURIComponent(key)}`;
    expect(await gateway.getJson<object>(query('p/1'))).toMatchObject({
      vote: { terminal: null, origin: '默认好评机', key: 'p/1', window: 'w1' },
      ...{ verdict: 'imputed', stored: 'imputed', standing: 'same' },
    });
    const [line] = await gateway.getJson<{ action: string; target: string }[]>('/api/v1/audit?limit=1');
    expect([line?.action, line?.target]).toEqual(['votes.explain', 'vote:/默认好评机/p/1']);
    expect((await gateway.send('GET', query('p/9'))).status).toBe(404);
    expect((await gateway.send('GET', query('p/1', '没有'))).status).toBe(404);
    expect((await gateway.send('GET', '/api/v1/votes/verdict?origin=a')).status).toBe(400);
    expect((await machine.send('GET', query('p/1'))).status).toBe(403);
  });

  it('are of the unit that the link is bound to, and of nobody without such a link', async () => {
    const east = await source('东区网站', 'east');
    expect(await send(east, [vote('x'), vote('y', { window: 'w2' })])).toEqual([
      'x stored',
      'y refused window-unknown',
    ]);
    expect(await statusOf(gateway, { votes: [vote('x')] })).toBe(403);
    const wall = createLinkClient(gateway, (await addLink(gateway, { kind: 'wall' })).token);
    expect(await statusOf(wall, { votes: [vote('x')] })).toBe(403);
    expect((await east.send('GET', '/api/v1/scores?period=today')).status).toBe(403);
  });

  it('are refused as a whole where they are none, too many, or too fast', async () => {
    const hasty = await source('急');
    const many = Array.from({ length: 101 }, (_, index) => vote(`k${index}`));
    for (const body of [
      { votes: [] },
      { votes: many },
      { votes: [vote('a b')] },
      { votes: [vote('')] },
      { votes: [vote('a', { rating: 'good' })] },
      { votes: [vote('a', { channel: 'fax' })] },
      { votes: [vote('a', { at: -1 })] },
      { votes: [vote('a', { seq: 1 })] },
      {},
    ])
      expect(await statusOf(hasty, body), JSON.stringify(body).slice(0, 80)).toBe(400);
    expect(await send(hasty, many.slice(0, 100))).toContain('k99 stored');
    const answers = await Promise.all(
      Array.from({ length: 120 }, () => statusOf(hasty, { votes: [vote('k0', { window: 'none' })] })),
    );
    expect(new Set(answers)).toEqual(new Set([200, 429]));
  });
});
