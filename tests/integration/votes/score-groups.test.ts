/** What stands beside scores where it is asked for: of the groups that a caller sees, and of no other. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { funnelLimits } from '../../../gateway/domain/statistics/funnel.ts';
import type { Scores } from '../../../protocol/score.ts';
import { addAccount, addLink, createLinkClient, type TestClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let chief: TestClient;
/** Good ones, then others. */
const VOTES = { w1: [60, 0], w2: [20, 30], w3: [5, 0], w4: [40, 10] } as const;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    org.unit('east', '东区', 'city');
    org.unit('west', '西区', 'city');
    for (const [id, unit] of [
      ['w1', 'east'],
      ['w2', 'east'],
      ['w3', 'east'],
      ['w4', 'west'],
    ] as const)
      org.window(id, unit, id);
  });
  await until('the tree', async () => (await gateway.scores()).length === 7);
  chief = await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'east' });
  const { token } = await addLink(gateway, { kind: 'source', name: '短信平台' });
  const source = createLinkClient(gateway, token);
  const votes = Object.entries(VOTES).flatMap(([window, [good, others]]) =>
    Array.from({ length: good + others }, (_, index) => ({
      ...{ key: `${window}/${index}`, window, channel: 'sms', at: Date.now() - 1_000 },
      rating: index < good ? 'satisfied' : 'unsatisfied',
    })),
  );
  for (let from = 0; from < votes.length; from += 100) {
    const sent = await source.send('POST', '/api/v1/votes', { votes: votes.slice(from, from + 100) });
    expect(sent.status).toBe(200);
  }
  await until(
    'the scores',
    async () => (await gateway.scores('month')).find(({ id }) => id === 'city')?.votes === 165,
  );
}, 60_000);
afterAll(() => gateway?.dispose());

const ask = (query: string, who: TestClient = gateway) =>
  who.getJson<Scores>(`/api/v1/scores?period=month${query}`);
const namesOf = ({ groups }: Scores) =>
  groups?.map(({ among, kind, parentId, nodes }) => [
    ...[among, kind, parentId],
    nodes?.map(({ id }) => id).join(' '),
  ]);

it('are told where they are asked for, and can be made again from the counts', async () => {
  const plain = await ask('');
  expect(plain.groups).toBeUndefined();
  const all = await ask('&with=shrinkage,funnel');
  expect(all.rows).toEqual(plain.rows);
  expect(namesOf(all)).toEqual([
    ['siblings', 'unit', null, 'city'],
    ['siblings', 'unit', 'city', 'east west'],
    ['siblings', 'window', 'east', 'w1 w2 w3'],
    ['siblings', 'window', 'west', 'w4'],
    ['all', 'window', null, 'w1 w2 w3 w4'],
  ]);
  const windows = all.groups?.[2];
  const [first, second, few] = windows?.nodes ?? [];
  const { mean, strength } = windows?.prior ?? { mean: 0, strength: 0 };
  expect(mean).toBeCloseTo(85 / 115, 12);
  // Beside a rate of few votes, which has no place.
  expect(few?.shrunk?.rate).toBeCloseTo((mean * strength + 5) / (strength + 5), 12);
  expect(few?.funnel).toEqual({ alert: null, alarm: null, zone: null, side: null, reason: 'insufficient' });
  expect(windows?.funnel).toMatchObject({ centre: 80 / 110, nodes: 2, isOverDispersed: true });
  expect(first?.funnel).toEqual({ ...funnelLimits(60, 80 / 110), zone: 'alarm', side: 'high', reason: null });
  expect(second?.funnel).toMatchObject({ zone: 'alarm', side: 'low' });
  expect(all.groups?.[3]).toMatchObject({ prior: null, funnel: null });
  const alone = await ask('&with=funnel');
  expect(Object.keys(alone.groups?.[2]?.nodes?.[0] ?? {})).toEqual(['id', 'funnel']);
});

it('are of the unit that is asked for, by the votes of the whole group', async () => {
  const all = await ask('&with=shrinkage,funnel');
  const east = await ask('&with=shrinkage,funnel&unit=east');
  expect(namesOf(east)).toEqual([
    ['siblings', 'unit', 'city', 'east'],
    ['siblings', 'window', 'east', 'w1 w2 w3'],
    ['all', 'window', null, 'w1 w2 w3'],
  ]);
  expect(east.groups?.[0]?.funnel).toEqual(all.groups?.[1]?.funnel);
  expect(east.groups?.[0]?.nodes).toEqual(all.groups?.[1]?.nodes?.slice(0, 1));
});

it('say which can be among the best, and nothing else where only that is asked', async () => {
  const { groups = [], rows } = await ask('&best=1');
  // w1 and w4, 60 of 60 and 40 of 50, are told apart, and both from w2, 20 of 50; w3 has no place.
  expect(groups.map(({ best }) => best)).toEqual([
    { of: 1, ids: ['city'] },
    { of: 1, ids: ['west', 'east'] },
    { of: 1, ids: ['w1'] },
    { of: 1, ids: ['w4'] },
    { of: 1, ids: ['w1'] },
  ]);
  expect(groups[4]).toEqual({ among: 'all', kind: 'window', parentId: null, best: { of: 1, ids: ['w1'] } });
  const derived = (k: number) =>
    rows.filter(({ placeOfAll }) => placeOfAll && placeOfAll.best <= k).map(({ id }) => id);
  for (const k of [1, 2, 100]) {
    const told = (await ask(`&best=${k}&with=funnel`)).groups?.at(-1);
    expect([...(told?.best?.ids ?? [])].sort()).toEqual(derived(k).sort());
    expect(told?.nodes).toHaveLength(4);
  }
  expect((await ask('&best=2', chief)).groups?.map(({ best }) => best?.ids)).toEqual([[], [], []]);
});

it('have an ETag of their own', async () => {
  const tagOf = async (query: string) =>
    (await gateway.fetch(`/api/v1/scores?period=month${query}`)).headers.get('etag');
  const tags = await Promise.all(['', '&with=funnel', '&with=shrinkage', '&best=1', '&best=2'].map(tagOf));
  expect(new Set(tags).size).toBe(5);
});

it('are made of what a unit manager is shown, and of nothing beyond the unit', async () => {
  const shown = await ask('&with=shrinkage,funnel', chief);
  expect(namesOf(shown)).toEqual([
    ['siblings', 'unit', null, 'east'],
    ['siblings', 'window', 'east', 'w1 w2 w3'],
    ['all', 'window', null, 'w1 w2 w3'],
  ]);
  // Nothing of it is shown yet: the votes are minutes old.
  for (const { prior, funnel, nodes = [] } of shown.groups ?? []) {
    expect([prior, funnel]).toEqual([null, null]);
    for (const node of nodes)
      expect([node.shrunk?.reason, node.funnel?.reason]).toEqual(['no-votes', 'no-votes']);
  }
});

it.each(['with=', 'with=ranks', 'with=funnel,funnel,funnel', 'best=0', 'best=two'])(
  '%s is refused',
  async (query) => {
    const response = await gateway.fetch(`/api/v1/scores?period=month&${query}`);
    expect(response.status).toBe(400);
  },
);
