/** Every route asked for by everybody; and what is outside a subtree does not exist for whoever is bound to it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POLICY, policyKey } from '../../../gateway/api/border/policy.ts';
import type { Snapshot } from '../../../protocol/live.ts';
import { createApp } from '../../support/app.ts';
import {
  addAccount,
  addLink,
  createLinkClient,
  createSessionClient,
  type TestClient,
} from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { privacyOff } from '../../support/privacy-off.ts';
import { createStoreHome } from '../../support/store.ts';
import { until } from '../../support/wait.ts';

/** administrator, operator, unit-manager, technician, auditor; wall, metrics and source links. `*` is everybody. */
const MAY: Record<string, string> = {
  'GET /': '*',
  'GET /wall': '*',
  'GET /wall/*': '*',
  'GET /sign-in': '*',
  'GET /sign-in/*': '*',
  'GET /account': '*',
  'GET /account/*': '*',
  'GET /assets/*': '*',
  'GET /healthz': '*',
  'GET /readyz': '*',
  'GET /metrics': 'A O T R M',
  'POST /api/v1/session': '*',
  'GET /api/v1/session': 'A O U T R W',
  'DELETE /api/v1/session': 'A O U T R W',
  'PUT /api/v1/session/password': 'A O U T R',
  'GET /api/v1/sessions': 'A O U T R',
  'DELETE /api/v1/sessions/:id': 'A O U T R',
  'GET /api/v1/accounts': 'A R',
  'POST /api/v1/accounts': 'A',
  'PATCH /api/v1/accounts/:name': 'A',
  'DELETE /api/v1/accounts/:name': 'A',
  'POST /api/v1/accounts/:name/password': 'A',
  'GET /api/v1/links': 'A O U R',
  'POST /api/v1/links': 'A O U',
  'PATCH /api/v1/links/:id': 'A O U',
  'DELETE /api/v1/links/:id': 'A O U',
  'GET /api/v1/live': 'A O U T R W',
  'GET /api/v1/units': 'A O U T R W',
  'GET /api/v1/windows': 'A O U T R W',
  'PATCH /api/v1/units/:id': 'A',
  'GET /api/v1/units/:id/time-zones': 'A O U T R',
  'POST /api/v1/units/:id/time-zones': 'A',
  'PATCH /api/v1/windows/:id': 'A',
  'GET /api/v1/terminals': 'A O U T R',
  'POST /api/v1/terminals': 'A T',
  'POST /api/v1/terminals/:id/codes': 'A T',
  'GET /api/v1/terminals/:id/certificates': 'A O T R',
  'POST /api/v1/terminals/:id/revocations': 'A T',
  'GET /api/v1/terminals/:id/journals': 'A O T R',
  'GET /api/v1/terminals/:id/commands': 'A O T R',
  'POST /api/v1/terminals/:id/commands': 'A T',
  'GET /api/v1/scores': 'A O U T R W',
  'GET /api/v1/history': 'A O R',
  'POST /api/v1/votes': 'S',
  'GET /api/v1/votes': 'A O U R',
  'GET /api/v1/votes/verdict': 'A O R',
  'GET /api/v1/votes/:terminal/:epoch/:seq/verdict': 'A O R',
  'GET /api/v1/quarantine': 'A O T R',
  'GET /api/v1/held': 'A O T R',
  'GET /api/v1/held/summary': 'A O T R',
  'POST /api/v1/held/decisions': 'A O',
  'GET /api/v1/reviews': 'A O U R',
  'GET /api/v1/reviews/:id': 'A O U R',
  'POST /api/v1/reviews': 'A O U',
  'POST /api/v1/reviews/:id/propose': 'A O U',
  'POST /api/v1/reviews/:id/confirm': 'A O',
  'POST /api/v1/reviews/:id/send-back': 'A O',
  'POST /api/v1/reviews/:id/dismiss': 'A O',
  'POST /api/v1/reviews/:id/reopen': 'A O',
  'GET /api/v1/rules': 'A O R',
  'POST /api/v1/rules': 'A',
  'GET /api/v1/alerts': 'A O U T R',
  'GET /api/v1/alerts/:id': 'A O U T R',
  'POST /api/v1/alerts/:id/acknowledge': 'A O U T',
  'POST /api/v1/alerts/:id/close': 'A O U',
  'POST /api/v1/alerts/:id/comments': 'A O U T',
  'GET /api/v1/alert-rules': 'A O R',
  'POST /api/v1/alert-rules': 'A',
  'GET /api/v1/alert-rules/preview': 'A O R',
  'GET /api/v1/privacy': 'A O R',
  'POST /api/v1/privacy': 'A',
  'POST /api/v1/rules/preview': 'A O R',
  'GET /api/v1/publications': 'A O U R',
  'GET /api/v1/publications/:id': 'A O U R',
  'POST /api/v1/publications': 'A',
  'POST /api/v1/publications/:id/corrections': 'A',
  'POST /api/v1/publications/:id/withdrawals': 'A',
  'GET /api/v1/alert-targets': 'A R',
  'POST /api/v1/alert-targets': 'A',
  'DELETE /api/v1/alert-targets/:id': 'A',
  'POST /api/v1/alert-targets/:id/secret': 'A',
  'POST /api/v1/alert-targets/:id/test': 'A',
  'GET /api/v1/alert-targets/:id/deliveries': 'A R',
  'GET /api/v1/exclusions': 'A O T R',
  'POST /api/v1/exclusions': 'A O',
  'POST /api/v1/exclusions/:id/end': 'A O',
  'POST /api/v1/redatings': 'A O',
  'GET /api/v1/terminals/:id/epochs': 'A O T R',
  'POST /api/v1/terminals/:id/epochs/:epoch/decisions': 'A O',
  'GET /api/v1/audit': 'A R',
  'GET /api/docs': 'A O U T R',
  'GET /api/docs/*': 'A O U T R',
};
const LETTERS: Record<string, string> = {
  administrator: 'A',
  operator: 'O',
  'unit-manager': 'U',
  technician: 'T',
  auditor: 'R',
  wall: 'W',
  metrics: 'M',
  source: 'S',
};
const BEFORE_PASSWORD_CHANGE = [
  'GET /api/v1/session',
  'DELETE /api/v1/session',
  'PUT /api/v1/session/password',
];

let gateway: TestGateway;
let routes: string[];
const clients = new Map<string, TestClient>();
const logins = new Map<string, TerminalLogin>();
const client = (name: string) => clients.get(name) as TestClient;

beforeAll(async () => {
  const home = createStoreHome();
  const store = home.open();
  const { app, close } = await createApp(store);
  routes = [...app.routeKeys];
  await close();
  store.close();
  home.dispose();

  gateway = await startGateway({ env: { MANYI_REQUESTS_PER_S: '1000' } });
  await gateway.add((org) => {
    org.unit('city', '菏泽市');
    for (const county of ['east', 'west']) {
      org.unit(county, `${county}县`, 'city');
      org.unit(`${county}-town`, `${county}镇`, county);
      org.window(`${county}-1`, `${county}-town`, `${county}窗口`);
      logins.set(county, org.terminal(`t-${county}`, `${county}-1`));
    }
  });
  await until('the tree', async () => (await gateway.scores()).length === 7);
  await privacyOff(gateway);
  clients.set('administrator', gateway);
  for (const role of ['operator', 'technician', 'auditor'])
    clients.set(role, await addAccount(gateway, { name: role, role }));
  clients.set(
    'unit-manager',
    await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'east' }),
  );
  for (const kind of ['wall', 'metrics', 'source'] as const)
    clients.set(kind, createLinkClient(gateway, (await addLink(gateway, { kind })).token));
}, 120_000);
afterAll(() => gateway?.dispose());

describe('the policy', () => {
  it('has a line for every route, and no line without one', () => {
    expect(routes.length).toBeGreaterThan(25);
    const keys = new Set(routes.map((route) => policyKey(...(route.split(' ') as [string, string]))));
    expect([...keys].sort()).toEqual(Object.keys(POLICY).sort());
    expect([...keys].sort()).toEqual(Object.keys(MAY).sort());
  });

  it('refuses to start with a route that has none', async () => {
    const home = createStoreHome();
    const store = home.open();
    const { app, close } = await createApp(store);
    expect(() => app.get('/api/v1/secrets', () => 'x')).toThrow(/policy-missing: GET \/api\/v1\/secrets/);
    await close();
    store.close();
    home.dispose();
  });

  /** Past the guard: with nothing to act on, so that asking changes nothing. */
  const ask = async (who: TestClient, route: string) => {
    const [method = '', url = ''] = route.split(' ');
    const path = url.replace(':name', 'nobody').replace(':id', 'nothing').replace('*', '');
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined;
    const response = await who.send(method, path, body);
    const text = await response.text();
    const code = text.startsWith('{"error"') ? (JSON.parse(text).error.code as string) : '';
    return { status: response.status, code };
  };
  const mayAsk = (route: string, role: string) => {
    const line = MAY[policyKey(...(route.split(' ') as [string, string]))] ?? '';
    return line === '*' || line.split(' ').includes(LETTERS[role] as string);
  };
  const isSignOut = (route: string) => route === 'DELETE /api/v1/session';

  it('is kept for every role at every route', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      for (const role of Object.keys(LETTERS)) {
        if (isSignOut(route)) continue;
        const { status, code } = await ask(client(role), route);
        const expected = mayAsk(route, role)
          ? status !== 401 && status !== 403
          : status === 403 && code === 'role-insufficient';
        if (!expected) wrong.push(`${role}: ${route}: ${status} ${code}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('gives nobody anything but what is public', async () => {
    const strangers: [string, TestClient][] = [
      ['nobody', { ...gateway, ...createStranger({}) }],
      ['a made-up session', createStranger({ cookie: `manyi_session=manyi_s_${'x'.repeat(43)}` })],
      ['a made-up token', createStranger({ authorization: `Bearer manyi_l_${'x'.repeat(43)}` })],
      ['a password as a token', createStranger({ authorization: 'Basic YWRtaW46YWRtaW4=' })],
    ];
    const wrong: string[] = [];
    for (const route of routes)
      for (const [name, stranger] of strangers) {
        const { status, code } = await ask(stranger, route);
        const isPublic = MAY[policyKey(...(route.split(' ') as [string, string]))] === '*';
        const expected = isPublic ? status !== 401 && status !== 403 : status === 401;
        if (!expected) wrong.push(`${name}: ${route}: ${status} ${code}`);
      }
    expect(wrong).toEqual([]);
  });

  it('gives whoever has a one-time password nothing but a way to change it', async () => {
    const added = await gateway.send('POST', '/api/v1/accounts', {
      ...{ name: 'newcomer', displayName: '新人', role: 'administrator' },
    });
    const { oneTimePassword } = (await added.json()) as { oneTimePassword: string };
    const newcomer = createSessionClient(() => gateway.httpUrl, 'newcomer', oneTimePassword);
    const wrong: string[] = [];
    for (const route of routes) {
      if (isSignOut(route)) continue;
      const { status, code } = await ask(newcomer, route);
      const isOpen = BEFORE_PASSWORD_CHANGE.includes(route) || MAY[route] === '*';
      const isRefused = status === 403 && code === 'password-change-required';
      if (isOpen === isRefused) wrong.push(`${route}: ${status} ${code}`);
    }
    expect(wrong).toEqual([]);
    await expect(listenLive(newcomer)).rejects.toThrow(/403/);
    expect((await ask(newcomer, 'DELETE /api/v1/session')).status).toBe(204);
    expect((await newcomer.fetch('/api/v1/session')).status).toBe(401);
  });

  it('lets those listen live who may, and nobody else', async () => {
    for (const role of Object.keys(LETTERS)) {
      if (role === 'metrics' || role === 'source') continue;
      const live = await listenLive(client(role));
      await live.snapshot();
      live.close();
    }
    await expect(listenLive(client('metrics'))).rejects.toThrow(/403/);
    await expect(listenLive({ httpUrl: gateway.httpUrl })).rejects.toThrow(/401/);
  });
});

/** Says of itself what the headers say. */
function createStranger(headers: Record<string, string>): TestClient {
  const stranger: TestClient = {
    ...client('administrator'),
    httpUrl: gateway.httpUrl,
    headers: async () => headers,
    send: (method, path, body) =>
      fetch(gateway.httpUrl + path, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
  return stranger;
}

describe('whoever is bound to a unit', () => {
  let sequence = 0;
  const press = async (county: string) => {
    sequence += 1;
    const login = logins.get(county) as TerminalLogin;
    const sent = await publish(
      gateway.mqttPort,
      login,
      `manyi/v1/${login.id}/votes`,
      votesMessage([vote(sequence)], undefined, county === 'east' ? 'ea'.repeat(16) : 'bb'.repeat(16)),
    );
    expect(sent.code).toBe(0);
  };
  const codeOf = async (response: Response) => [
    response.status,
    ((await response.json()) as { error: { code: string } }).error.code,
  ];
  let wall: TestClient;
  const bound = (): [string, TestClient][] => [
    ['a unit manager', client('unit-manager')],
    ['a wall', wall],
  ];
  beforeAll(async () => {
    wall = createLinkClient(
      gateway,
      (await addLink(client('unit-manager'), { kind: 'wall', unitId: 'east' })).token,
    );
    await press('east');
    await press('west');
  });

  it('sees its subtree as if there were nothing else', async () => {
    for (const [name, who] of bound()) {
      const units =
        await who.getJson<{ id: string; parentId: string | null; path: string[] }[]>('/api/v1/units');
      expect(units, name).toEqual([
        { id: 'east', name: 'east县', parentId: null, path: ['east县'], timeZone: 'Asia/Shanghai' },
        {
          ...{ id: 'east-town', name: 'east镇', parentId: 'east', path: ['east县', 'east镇'] },
          timeZone: 'Asia/Shanghai',
        },
      ]);
      const windows = await who.getJson<{ id: string; path: string[] }[]>('/api/v1/windows');
      expect(windows.map(({ id, path }) => [id, path])).toEqual([
        ['east-1', ['east县', 'east镇', 'east窗口']],
      ]);
      const scores = await who.getJson<{ rows: { id: string; parentId: string | null }[] }>(
        '/api/v1/scores?period=today',
      );
      expect(scores.rows.map(({ id, parentId }) => [id, parentId])).toEqual([
        ['east', null],
        ['east-town', 'east'],
        ['east-1', 'east-town'],
      ]);
      for (const unit of ['west', 'west-town', 'city', 'nowhere'])
        expect(await codeOf(await who.fetch(`/api/v1/scores?period=today&unit=${unit}`))).toEqual([
          404,
          'unit-unknown',
        ]);
    }
  });

  it('exports its own votes and no others', async () => {
    const manager = client('unit-manager');
    const all = '/api/v1/votes?from=0&to=9000000000000';
    const votes = await manager.getJson<{ window: string }[]>(all);
    expect(votes.map((one) => one.window)).toEqual(['east-1']);
    expect(await gateway.getJson<unknown[]>(all)).toHaveLength(2);
    expect(await manager.getJson<unknown[]>(`${all}&window=east-1`)).toHaveLength(1);
    expect(await codeOf(await manager.fetch(`${all}&window=west-1`))).toEqual([404, 'window-unknown']);
    const csv = await (await manager.fetch(`${all}&format=csv`)).text();
    expect(csv).not.toContain('west');
  });

  it('makes, sees and revokes links of its subtree alone', async () => {
    const manager = client('unit-manager');
    const ofCity = await addLink(gateway, { kind: 'wall' });
    const ofWest = await addLink(gateway, { kind: 'wall', unitId: 'west' });
    const ofTown = await addLink(gateway, { kind: 'wall', unitId: 'east-town' });
    const seen = await manager.getJson<{ id: string; unitId: string }[]>('/api/v1/links');
    expect(new Set(seen.map(({ unitId }) => unitId))).toEqual(new Set(['east', 'east-town']));
    for (const { id } of [ofCity, ofWest])
      expect(await codeOf(await manager.send('DELETE', `/api/v1/links/${id}`))).toEqual([
        404,
        'link-unknown',
      ]);
    expect((await manager.send('DELETE', `/api/v1/links/${ofTown.id}`)).status).toBe(204);
    for (const link of [
      { kind: 'wall' },
      { kind: 'wall', unitId: 'west' },
      { kind: 'wall', unitId: 'city' },
    ]) {
      const refused = await manager.send('POST', '/api/v1/links', { name: 'x', ...link });
      expect(await codeOf(refused)).toEqual([404, 'unit-unknown']);
    }
    for (const link of [{ kind: 'metrics' }, { kind: 'metrics', unitId: 'east' }]) {
      const refused = await manager.send('POST', '/api/v1/links', { name: 'x', ...link });
      expect(await codeOf(refused)).toEqual([403, 'role-insufficient']);
    }
  });

  it('is told apart what it may see and not change from what does not exist', async () => {
    const operator = client('operator');
    const auditor = client('auditor');
    const metrics = await addLink(gateway, { kind: 'metrics' });
    const insufficient = [403, 'role-insufficient'];
    expect(
      await codeOf(await operator.send('POST', '/api/v1/links', { kind: 'metrics', name: 'x' })),
    ).toEqual(insufficient);
    const listed = await operator.getJson<{ id: string }[]>('/api/v1/links');
    expect(listed.map(({ id }) => id)).toContain(metrics.id);
    for (const who of [operator, auditor]) {
      expect(await codeOf(await who.send('DELETE', `/api/v1/links/${metrics.id}`))).toEqual(insufficient);
      expect(await codeOf(await who.send('PATCH', `/api/v1/links/${metrics.id}`, {}))).toEqual(insufficient);
    }
    const sessions = await auditor.getJson<{ id: string; account: string }[]>('/api/v1/sessions');
    const foreign = sessions.find(({ account }) => account === 'operator')?.id;
    expect(await codeOf(await auditor.send('DELETE', `/api/v1/sessions/${foreign}`))).toEqual(insufficient);
    expect(await codeOf(await auditor.send('DELETE', '/api/v1/sessions/s-nothing'))).toEqual([
      404,
      'session-unknown',
    ]);
    const unseen = sessions.find(({ account }) => account === 'auditor')?.id;
    expect(await codeOf(await operator.send('DELETE', `/api/v1/sessions/${unseen}`))).toEqual([
      404,
      'session-unknown',
    ]);
    expect((await operator.fetch('/api/v1/session')).status).toBe(200);
    // What is over is listed, too: it is there, and cannot end twice.
    expect((await gateway.send('DELETE', `/api/v1/links/${metrics.id}`)).status).toBe(204);
    expect(await codeOf(await gateway.send('DELETE', `/api/v1/links/${metrics.id}`))).toEqual([
      409,
      'link-revoked',
    ]);
    await gateway.add((org) => org.terminal('t-spare', 'west-1'));
    const certificates = '/api/v1/terminals/t-spare/certificates';
    const [certificate] = await until('the terminal', async () => {
      const response = await gateway.fetch(certificates);
      return response.ok ? ((await response.json()) as { serial: string }[]) : null;
    });
    const revocation = { serial: certificate?.serial, reason: '测试' };
    const revoke = () => gateway.send('POST', '/api/v1/terminals/t-spare/revocations', revocation);
    expect((await revoke()).status).toBe(201);
    expect(await codeOf(await revoke())).toEqual([409, 'certificate-revoked']);
  });

  it('hears of nothing else live', async () => {
    const city = await listenLive(gateway);
    await city.snapshot();
    const streams = await Promise.all(bound().map(async ([, who]) => listenLive(who)));
    const before = new Map<string, Snapshot>();
    for (const [at, live] of streams.entries()) {
      const snapshot = await live.snapshot();
      before.set(String(at), snapshot);
      expect(snapshot.units.map(({ id, parentId }) => [id, parentId])).toEqual([
        ['east', null],
        ['east-town', 'east'],
      ]);
      expect(snapshot.windows.map(({ id }) => id)).toEqual(['east-1']);
      expect(snapshot.trend).toHaveLength(60);
      expect(snapshot.trend.reduce((sum, { satisfied }) => sum + satisfied, 0)).toBe(1);
      expect(snapshot.ticker.map(({ windowId, id }) => [windowId, id])).toEqual([['east-1', 1]]);
    }
    for (let times = 0; times < 3; times++) await press('west');
    await until('the city to hear', () => city.window('west-1')?.votes === 4);
    await press('east');
    for (const live of streams) {
      await until('the own vote', () => live.window('east-1')?.votes === 2);
      expect(live.unit('east')?.votes).toBe(2);
      expect(live.ticker().map(({ windowId, id }) => [windowId, id])).toEqual([
        ['east-1', 2],
        ['east-1', 1],
      ]);
      const said = JSON.stringify(live.messages);
      for (const foreign of ['west', 'city', '菏泽']) expect(said).not.toContain(foreign);
      // The numbers of messages would tell how much happens elsewhere: every patch has something of its own.
      for (const message of live.messages)
        if (message.type === 'patch')
          expect(message.windows.length + message.trend.length + message.units.length).toBeGreaterThan(0);
    }
    // The tree changes: scopes follow.
    await gateway.add((org) => {
      org.window('east-2', 'east-town', 'east新窗口');
      org.window('west-2', 'west-town', 'west新窗口');
    });
    await until('the city to follow', () => city.window('west-2'));
    for (const live of streams) {
      await until('the new window', () => live.window('east-2'));
      expect(live.window('west-2')).toBeUndefined();
      expect(JSON.stringify(live.messages)).not.toContain('west');
      live.close();
    }
    city.close();
  });
});
