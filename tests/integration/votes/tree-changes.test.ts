/** The tree is changed while everything runs: walls, scores and what people may see follow; each change is in the audit. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { manyi } from '../../support/cli.ts';
import { addAccount } from '../../support/client.ts';
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
