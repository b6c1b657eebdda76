/** The tree is changed while everything runs: walls, scores and what people may see follow; each change is in the audit. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { History } from '../../../protocol/history.ts';
import type { Scores } from '../../../protocol/score.ts';
import type { Counts, Rating } from '../../../protocol/vote.ts';
import { manyi } from '../../support/cli.ts';
import { addAccount, addLink, createLinkClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('city', '菏泽市');
    for (const county of ['east', 'west']) {
      org.unit(county, `${county}县`, 'city');
      org.window(`${county}-1`, county, '1号窗口');
    }
    org.unit('town', '镇', 'east');
    org.window('town-1', 'town', '镇窗口');
  });
  await until('the tree', async () => (await gateway.scores()).length === 7);
}, 60_000);
afterAll(() => gateway?.dispose());

const change = async (path: string, body: object) => {
  const response = await gateway.send('PATCH', path, body);
  const { error, ...rest } = (await response.json()) as { error?: { code: string }; from?: number };
  return { status: response.status, code: error?.code, ...rest };
};

it('walls, and those who see a part of the tree, follow a move', async () => {
  const chief = await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'west' });
  const wall = await listenLive(gateway);
  await wall.snapshot();
  expect(wall.unit('town')?.parentId).toBe('east');
  const before = Date.now();
  const moved = await change('/api/v1/units/town', { parentId: 'west', name: '西镇' });
  expect(moved).toMatchObject({ status: 200, id: 'town' });
  expect(moved.from).toBe(before - (before % 900_000));
  await until('the wall', () => wall.unit('town')?.parentId === 'west');
  expect(wall.unit('town')?.name).toBe('西镇');
  wall.close();
  const seen = (await (await chief.fetch('/api/v1/windows')).json()) as { id: string; path: string[] }[];
  expect(seen.map(({ id, path }) => [id, path])).toEqual([
    ['west-1', ['west县', '1号窗口']],
    ['town-1', ['west县', '西镇', '镇窗口']],
  ]);
  const lines = await gateway.getJson<{ action: string; target: string; detail: object }[]>('/api/v1/audit');
  expect(
    lines.filter(({ target }) => target === 'unit:town').map(({ action, detail }) => [action, detail]),
  ).toEqual(
    expect.arrayContaining([
      ['unit.move', { parentId: 'west', was: 'east', from: moved.from }],
      ['unit.rename', { name: '西镇', was: '镇', from: moved.from }],
    ]),
  );
});

it('an open wall takes up a window that the command line has moved', async () => {
  const wall = await listenLive(gateway);
  await wall.snapshot();
  const { code, out } = await manyi(gateway.dataDir, '--json', 'window', 'move', 'east-1', '--to', 'west');
  expect([code, JSON.parse(out)]).toMatchObject([0, { id: 'east-1', unitId: 'west' }]);
  await until('the wall', () => wall.window('east-1')?.parentId === 'west');
  wall.close();
});

it('each figure counts a vote where its window stood when it was pressed: scores, the wall, history and the recount', async () => {
  await gateway.add((org) => {
    for (const id of ['from', 'to']) org.unit(id, id, 'city');
    org.window('mover', 'from', '流动窗口');
    org.window('stayer', 'from', '固定窗口');
  });
  await until('the windows', async () => (await gateway.scores()).some(({ id }) => id === 'stayer'));
  const { token } = await addLink(gateway, { kind: 'source', name: '短信平台' });
  const source = createLinkClient(gateway, token);
  let key = 0;
  const press = async (window: string, rating: Rating, at: number) => {
    key += 1;
    const votes = [{ key: String(key), window, channel: 'sms', rating, at }];
    const answer = (await (await source.send('POST', '/api/v1/votes', { votes })).json()) as object;
    expect(JSON.stringify(answer)).toContain('"stored"');
  };
  const quarter = (at: number) => at - (at % 900_000);
  const before = quarter(Date.now()) - 1_000;
  await press('mover', 'satisfied', before);
  await press('stayer', 'satisfied', before);
  const wall = await listenLive(gateway);
  await wall.snapshot();
  const { status, from } = await change('/api/v1/windows/mover', { unitId: 'to' });
  expect([status, from]).toEqual([200, quarter(from ?? 0)]);
  // Now, and late: from before the move.
  await press('mover', 'unsatisfied', Date.now());
  await press('mover', 'basically', before);

  const day = (at: number) =>
    new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(new Date(at));
  const [first, last] = [day(Date.now() - 6 * 86_400_000), day(Date.now())];
  const text = ({ satisfied, basically, unsatisfied }: Counts) =>
    [satisfied, basically, unsatisfied].join('/');
  const ofScores = async (id: string, more = '') => {
    const { rows } = await gateway.getJson<Scores>(`/api/v1/scores?period=7d${more}`);
    return text(rows.find((row) => row.id === id)?.counts as Counts);
  };
  const ofHistory = async (id: string) =>
    text(
      (await gateway.getJson<History>(`/api/v1/history?unit=${id}&from=${first}&to=${last}&by=day`)).total
        .counts,
    );
  const ofRecount = async (id: string) => {
    const args = ['--json', 'recount', '--unit', id, '--period', `${first}..${last}`];
    const { code, out } = await manyi(gateway.dataDir, ...args);
    expect(code).toBe(0);
    const { figures } = JSON.parse(out) as { figures: { figure: string; recounted: unknown }[] };
    const of = (name: string) => figures.find(({ figure }) => figure === name)?.recounted;
    return [of('counted.satisfied'), of('counted.basically'), of('counted.unsatisfied')].join('/');
  };
  // What is pressed in the city by others of these tests: nothing.
  for (const [id, counts] of [
    ['from', '2/1/0'],
    ['to', '0/0/1'],
    ['city', '2/1/1'],
  ] as const) {
    await until(`the scores of ${id}`, async () => (await ofScores(id)) === counts);
    expect([await ofScores(id, '&channel=sms'), await ofHistory(id), await ofRecount(id)], id).toEqual([
      ...[counts, counts, counts],
    ]);
  }
  // A window has all its own, wherever it stood.
  expect([await ofScores('mover'), await ofScores('mover', '&unit=to')]).toEqual(['1/1/1', '1/1/1']);
  // The wall counts today, which may have begun in between.
  if (day(before) === day(Date.now())) {
    await until('the wall', () => wall.unit('from')?.votes === 3);
    expect([text(wall.unit('from')?.counts as Counts), text(wall.unit('to')?.counts as Counts)]).toEqual([
      ...['2/1/0', '0/0/1'],
    ]);
    expect(wall.window('mover')).toMatchObject({ parentId: 'to', votes: 3 });
  }
  wall.close();
});

it.each([
  ['/api/v1/units/city', { parentId: 'town' }, 409, 'unit-below-itself'],
  ['/api/v1/units/town', { parentId: 'nowhere' }, 422, 'unit-unknown'],
  ['/api/v1/units/nowhere', { parentId: 'city' }, 404, 'unit-unknown'],
  ['/api/v1/units/city', { parentId: null }, 409, 'place-same'],
  ['/api/v1/units/city', { name: '菏泽市' }, 409, 'name-same'],
  ['/api/v1/units/city', { name: 'a\u202Eb' }, 422, 'text-invalid'],
  ['/api/v1/units/city', {}, 400, 'parameters-invalid'],
  ['/api/v1/units/city', { key: 1 }, 400, 'parameters-invalid'],
  ['/api/v1/windows/nothing', { unitId: 'city' }, 404, 'window-unknown'],
  ['/api/v1/windows/west-1', { unitId: 'west' }, 409, 'place-same'],
])('%s refuses %j with a code', async (path, body, status, code) =>
  expect(await change(path, body)).toEqual({ status, code }),
);

it('the command line says the same', async () => {
  const asked = async (...args: string[]) => (await manyi(gateway.dataDir, ...args)).err.split(':')[0];
  expect(await asked('unit', 'move', 'city', '--to', 'town')).toBe('unit-below-itself');
  expect(await asked('unit', 'move', 'city')).toBe('argument-invalid');
  expect(await asked('unit', 'rename', 'nowhere', '--name', 'x')).toBe('unit-unknown');
  const { out } = await manyi(gateway.dataDir, '--json', 'unit', 'rename', 'town', '--name', '新镇');
  expect(JSON.parse(out)).toMatchObject({ id: 'town', name: '新镇' });
});
