/** Sessions from the outside: how they begin, what guards them, and how each of them ends. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { By } from '../../../gateway/store/changes.ts';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { AccountItem, Session, SessionItem } from '../../../protocol/session.ts';
import {
  addAccount,
  addLink,
  cookieOf,
  createLinkClient,
  postSession,
  type TestClient,
} from '../../support/client.ts';
import { ADMIN_PASSWORD, startGateway, type TestGateway } from '../../support/gateway.ts';
import { type LiveClient, listenLive } from '../../support/live-client.ts';
import { createManyi, type Manyi } from '../../support/manyi.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let manyi: Manyi;
beforeAll(async () => {
  gateway = await startGateway();
  manyi = createManyi(gateway);
  await gateway.add((org) => {
    org.unit('city', '菏泽市');
    org.unit('east', '东县', 'city');
    org.unit('west', '西县', 'city');
  });
});
afterAll(() => gateway?.dispose());

const codeOf = async (response: Response) =>
  [response.status, ((await response.json()) as { error: { code: string } }).error.code] as const;
type AuditItem = { actor: string; origin: string; action: string; target: string; detail: object };
const audit = () => gateway.getJson<AuditItem[]>('/api/v1/audit?limit=1000');
const lastAudit = async (action: string) => (await audit()).find((entry) => entry.action === action);

/** From another address of the loopback network. */
function signInFrom(
  address: string,
  name: string,
  password: string,
): Promise<{ status: number; retryAfter: number }> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ name, password });
    httpRequest(
      {
        ...{ host: '127.0.0.1', port: gateway.httpPort, path: '/api/v1/session', method: 'POST' },
        localAddress: address,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        const retryAfter = Number(response.headers['retry-after'] ?? 0);
        resolve({ status: response.statusCode ?? 0, retryAfter });
      },
    )
      .once('error', reject)
      .end(body);
  });
}

/** Within a second, by the code that says why. */
async function endsWithin(live: LiveClient, act: () => Promise<unknown>): Promise<void> {
  let closed: { code: number; at: number } | null = null;
  live.socket.once('close', (code) => {
    closed = { code, at: performance.now() };
  });
  await act();
  const done = performance.now();
  const { code, at } = await until('the stream to end', () => closed);
  expect(code).toBe(4401);
  expect(at - done).toBeLessThan(1_000);
}

describe('a sign-in', () => {
  it('gives a cookie that scripts and other sites cannot use, and says who it is', async () => {
    const response = await postSession(gateway.httpUrl, { name: ' Admin ', password: ADMIN_PASSWORD });
    expect(response.status).toBe(200);
    const session = (await response.json()) as Session;
    expect(session).toMatchObject({
      account: { name: 'admin', role: 'administrator', unitId: null },
      mustChangePassword: false,
    });
    const twelveHours = 12 * 3_600_000;
    expect(Math.abs((session.expiresAt ?? 0) - Date.now() - twelveHours)).toBeLessThan(60_000);
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^manyi_session=manyi_s_[\w-]{43}; Max-Age=4\d{4}; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const headers = { cookie: cookieOf(response) };
    expect(await (await fetch(`${gateway.httpUrl}/api/v1/session`, { headers })).json()).toEqual(session);
    const out = await fetch(`${gateway.httpUrl}/api/v1/session`, { method: 'DELETE', headers });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/^manyi_session=; Max-Age=0; Path=\//);
    expect((await fetch(`${gateway.httpUrl}/api/v1/session`, { headers })).status).toBe(401);
    expect(await lastAudit('session.close')).toMatchObject({ actor: 'account:admin', origin: '127.0.0.1' });
  });

  it.each([
    ['a wrong password', { name: 'admin', password: 'not-the-password' }, 401, 'credentials-wrong'],
    ['an unknown name', { name: 'nobody', password: ADMIN_PASSWORD }, 401, 'credentials-wrong'],
    ['a made-up token', { linkToken: `manyi_l_${'x'.repeat(43)}` }, 401, 'token-wrong'],
    ['nothing', {}, 400, 'parameters-invalid'],
    ['both', { name: 'admin', password: 'x', linkToken: 'y' }, 400, 'parameters-invalid'],
    ['an object', { name: { $ne: '' }, password: { $ne: '' } }, 400, 'parameters-invalid'],
  ])('is refused with %s', async (_what, body, status, code) => {
    const response = await postSession(gateway.httpUrl, body);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await codeOf(response)).toEqual([status, code]);
  });

  it('tells by its time no name that exists from one that does not', async () => {
    const timeOf = async (name: string) => {
      const begun = performance.now();
      expect((await signInFrom('127.0.0.4', name, 'not-the-password')).status).toBe(401);
      return performance.now() - begun;
    };
    await timeOf('admin');
    const [known, unknown] = [await timeOf('admin'), await timeOf('no-such-name')];
    expect(Math.min(known, unknown) / Math.max(known, unknown)).toBeGreaterThan(0.3);
  });

  it('waits longer after every failure, and locks nobody out elsewhere', async () => {
    for (let failure = 1; failure <= 5; failure++)
      expect((await signInFrom('127.0.0.2', 'admin', 'not-the-password')).status).toBe(401);
    const first = await signInFrom('127.0.0.2', 'admin', ADMIN_PASSWORD);
    expect(first.status).toBe(429);
    expect(first.retryAfter).toBeGreaterThan(0);
    // Its owner, at another desk.
    expect((await signInFrom('127.0.0.3', 'admin', ADMIN_PASSWORD)).status).toBe(200);
    await until('the first wait to be over', async () => {
      const { status } = await signInFrom('127.0.0.2', 'admin', 'not-the-password');
      return status === 401;
    });
    const second = await signInFrom('127.0.0.2', 'admin', ADMIN_PASSWORD);
    expect(second.status).toBe(429);
    expect(second.retryAfter).toBeGreaterThan(first.retryAfter);
    expect(await lastAudit('session.refused')).toMatchObject({
      origin: '127.0.0.2',
      target: 'account:admin',
    });
  });
});

describe('a page of another site', () => {
  const signIn = (headers: Record<string, string>) =>
    postSession(gateway.httpUrl, { name: 'admin', password: ADMIN_PASSWORD }, headers);

  it.each([
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' }],
  ])('with %j changes nothing and signs nobody in', async (headers) => {
    expect(await codeOf(await signIn(headers))).toEqual([403, 'origin-foreign']);
    const cookie = (await gateway.headers()).cookie as string;
    for (const [method, path] of [
      ['DELETE', '/api/v1/session'],
      ['POST', '/api/v1/links'],
      ['PUT', '/api/v1/session/password'],
    ] as const) {
      const response = await fetch(gateway.httpUrl + path, { method, headers: { ...headers, cookie } });
      expect(await codeOf(response)).toEqual([403, 'origin-foreign']);
    }
    expect((await gateway.fetch('/api/v1/session')).status).toBe(200);
  });

  it('cannot send a form either, whatever it says it is', async () => {
    const cookie = (await gateway.headers()).cookie as string;
    const body = '{"kind":"wall","name":"x"}';
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const headers = { cookie, 'content-type': type };
      const response = await fetch(`${gateway.httpUrl}/api/v1/links`, { method: 'POST', headers, body });
      expect(response.status).toBe(415);
    }
  });

  it('of our own may', async () => {
    const own = { origin: gateway.httpUrl, 'sec-fetch-site': 'same-origin' };
    expect((await signIn(own)).status).toBe(200);
  });
});

describe('every answer', () => {
  it.each(['/', '/wall/', '/api/v1/session', '/nothing', '/api/docs/', '/%zz', '/healthz'])(
    '%s lets no script in and no frame around it',
    async (path) => {
      const response = await gateway.fetch(path, { redirect: 'manual' });
      if (path === '/%zz') return;
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/default-src 'none'/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
      expect(policy.match(/script-src[^;]*/)?.[0] ?? '').not.toContain('unsafe');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('strict-transport-security')).toBeNull();
    },
  );
});

describe('a password', () => {
  let clerk: TestClient & { password: string };
  beforeAll(async () => {
    clerk = await addAccount(gateway, { name: 'clerk', role: 'operator' });
  });

  it.each([
    ['short', /at least 12/],
    ['clerk-clerk-1', /more than the name/],
    ['password1234', /guessed first/],
    ['123456789012', /neighbouring/],
    ['哈哈哈哈哈哈哈哈哈哈哈哈', /same few/],
  ])('%s is not taken, and why is told', async (next, why) => {
    const response = await clerk.send('PUT', '/api/v1/session/password', { current: clerk.password, next });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      error: { code: 'password-weak', message: expect.stringMatching(why) },
    });
  });

  it('is changed by whoever knows the old one, and ends the other sessions', async () => {
    const elsewhere = await gateway.signIn('clerk', clerk.password);
    const live = await listenLive(elsewhere);
    const next = '山重水复疑无路 柳暗花明又一村';
    const wrong = await clerk.send('PUT', '/api/v1/session/password', { current: 'not-the-password', next });
    expect(await codeOf(wrong)).toEqual([403, 'credentials-wrong']);
    await endsWithin(live, async () => {
      const right = await clerk.send('PUT', '/api/v1/session/password', { current: clerk.password, next });
      expect(right.status).toBe(204);
    });
    expect((await elsewhere.fetch('/api/v1/session')).status).toBe(401);
    expect((await clerk.fetch('/api/v1/session')).status).toBe(200);
    expect((await postSession(gateway.httpUrl, { name: 'clerk', password: clerk.password })).status).toBe(
      401,
    );
    // Typed on another keyboard: full-width spaces and all.
    const typed = next.replace(' ', '　');
    expect((await postSession(gateway.httpUrl, { name: 'clerk', password: typed })).status).toBe(200);
  });

  it('that an administrator gives is good for choosing one', async () => {
    const given = await gateway.send('POST', '/api/v1/accounts/clerk/password');
    const { oneTimePassword } = (await given.json()) as { oneTimePassword: string };
    expect((await clerk.fetch('/api/v1/session')).status).toBe(401);
    const again = await gateway.signIn('clerk', oneTimePassword);
    expect(await again.getJson('/api/v1/session')).toMatchObject({ mustChangePassword: true });
    expect(await codeOf(await again.fetch('/api/v1/units'))).toEqual([403, 'password-change-required']);
    const chosen = { current: oneTimePassword, next: 'a-choice-of-my-own' };
    expect((await again.send('PUT', '/api/v1/session/password', chosen)).status).toBe(204);
    expect((await again.fetch('/api/v1/units')).status).toBe(200);
  });
});

describe('accounts', () => {
  const change = (name: string, body: object) => gateway.send('PATCH', `/api/v1/accounts/${name}`, body);

  it('never lose their last administrator', async () => {
    expect(await codeOf(await change('admin', { role: 'operator' }))).toEqual([409, 'administrator-last']);
    expect(await codeOf(await change('admin', { disabled: true }))).toEqual([409, 'administrator-last']);
    expect(await codeOf(await gateway.send('DELETE', '/api/v1/accounts/admin'))).toEqual([
      409,
      'administrator-last',
    ]);
    expect((await gateway.fetch('/api/v1/session')).status).toBe(200);
  });

  it.each([
    [{ name: 'chief', role: 'unit-manager' }, 422, 'unit-required'],
    [{ name: 'chief', role: 'operator', unitId: 'east' }, 422, 'unit-not-for-role'],
    [{ name: 'chief', role: 'unit-manager', unitId: 'nowhere' }, 422, 'unit-unknown'],
    [{ name: 'admin', role: 'operator' }, 409, 'name-taken'],
    [{ name: 'chief', role: 'king' }, 400, 'parameters-invalid'],
    [{ name: 'No Name', role: 'operator' }, 400, 'parameters-invalid'],
  ])('%j is refused', async (account, status, code) => {
    const response = await gateway.send('POST', '/api/v1/accounts', { displayName: '某人', ...account });
    expect(await codeOf(response)).toEqual([status, code]);
    const names = (await gateway.getJson<AccountItem[]>('/api/v1/accounts')).map(({ name }) => name);
    expect(names).not.toContain('chief');
  });

  it('that are disabled or get another role lose their streams within a second', async () => {
    const guest = await addAccount(gateway, { name: 'guest', role: 'technician' });
    await endsWithin(await listenLive(guest), () =>
      change('guest', { role: 'unit-manager', unitId: 'east' }),
    );
    const again = await gateway.signIn('guest', guest.password);
    expect(await again.getJson('/api/v1/session')).toMatchObject({ account: { unitId: 'east' } });
    await endsWithin(await listenLive(again), () => gateway.send('DELETE', '/api/v1/accounts/guest'));
    expect((await postSession(gateway.httpUrl, { name: 'guest', password: guest.password })).status).toBe(
      401,
    );
    expect(await lastAudit('account.disable')).toMatchObject({
      target: 'account:guest',
      actor: 'account:admin',
    });
    expect((await change('guest', { disabled: false, role: 'operator' })).status).toBe(200);
    expect((await postSession(gateway.httpUrl, { name: 'guest', password: guest.password })).status).toBe(
      200,
    );
  });

  it('show no hash and no password, nor do the audit and the log', async () => {
    const { oneTimePassword } = (await (
      await gateway.send('POST', '/api/v1/accounts', { name: 'secret', displayName: '密', role: 'auditor' })
    ).json()) as { oneTimePassword: string };
    // Some type their password into the field for the name.
    await postSession(gateway.httpUrl, { name: 'my-own-password-typed', password: 'another-secret-typed' });
    const { token } = await addLink(gateway, { kind: 'wall' });
    const told = JSON.stringify([
      await gateway.getJson('/api/v1/accounts'),
      await gateway.getJson('/api/v1/sessions'),
      await gateway.getJson('/api/v1/links'),
      await gateway.getJson('/api/v1/audit?limit=1000'),
      gateway.log(),
    ]);
    const secrets = ['scrypt', oneTimePassword, token, ADMIN_PASSWORD, 'manyi_s_', 'manyi_l_'];
    for (const secret of [...secrets, 'my-own-password-typed', 'another-secret-typed'])
      expect(told).not.toContain(secret);
  });
});

describe('a session', () => {
  it('is listed to its owner, and ended by its owner or an administrator alone', async () => {
    const one = await addAccount(gateway, { name: 'one', role: 'operator' });
    const other = await addAccount(gateway, { name: 'other', role: 'operator' });
    const own = await one.getJson<SessionItem[]>('/api/v1/sessions');
    expect(own).toMatchObject([{ account: 'one', address: '127.0.0.1', current: true }]);
    const id = own[0]?.id as string;
    expect(await codeOf(await other.send('DELETE', `/api/v1/sessions/${id}`))).toEqual([
      404,
      'session-unknown',
    ]);
    const all = await gateway.getJson<SessionItem[]>('/api/v1/sessions');
    const accounts = all.map(({ account }) => account);
    for (const name of ['one', 'other', 'admin']) expect(accounts).toContain(name);
    await endsWithin(await listenLive(one), () => gateway.send('DELETE', `/api/v1/sessions/${id}`));
    expect((await one.fetch('/api/v1/session')).status).toBe(401);
    expect((await other.fetch('/api/v1/session')).status).toBe(200);
  });

  it('is ended by the command line, in another process, within a second', async () => {
    const reader = await addAccount(gateway, { name: 'reader', role: 'auditor' });
    const sessions = (await manyi.json('session', 'list')) as { id: string; account: string }[];
    const id = sessions.find(({ account }) => account === 'reader')?.id as string;
    await endsWithin(await listenLive(reader), () => manyi('session', 'revoke', id));
    const again = await gateway.signIn('reader', reader.password);
    await endsWithin(await listenLive(again), () => manyi('account', 'disable', 'reader'));
    const entries = await audit();
    const cli = entries.filter(({ actor }) => actor.startsWith('cli:') && actor !== 'cli:test');
    expect(cli.map(({ action, target, origin }) => [action, target, origin])).toEqual([
      ['account.disable', 'account:reader', 'local'],
      ['session.revoke', `session:${id}`, 'local'],
    ]);
  });

  it.each(['kill', 'stop'] as const)('outlives a restart by %s', async (end) => {
    const headers = await gateway.headers();
    await gateway[end]();
    await gateway.start();
    const response = await fetch(`${gateway.httpUrl}/api/v1/session`, { headers });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ account: { name: 'admin' } });
  });
});

describe('the link of a wall', () => {
  it('opens a session that lasts until it is revoked', async () => {
    const { id, token } = await addLink(gateway, { kind: 'wall', unitId: 'east' });
    const response = await postSession(gateway.httpUrl, { linkToken: token });
    expect(await response.json()).toEqual({
      account: { name: id, displayName: '测试链接', role: 'wall', unitId: 'east' },
      mustChangePassword: false,
      expiresAt: expect.any(Number),
    });
    expect(response.headers.getSetCookie()[0]).toMatch(/Max-Age=315\d{5}; Path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = cookieOf(response);
    const kiosk = { httpUrl: gateway.httpUrl, headers: async () => ({ cookie }) };
    const program = createLinkClient(gateway, token);
    const [one, two] = [await listenLive(kiosk), await listenLive(program)];
    expect((await one.snapshot()).units.map(({ id: unit }) => unit)).toEqual(['east']);
    await endsWithin(one, () => gateway.send('DELETE', `/api/v1/links/${id}`));
    await until('the other stream to end', () => two.socket.readyState === two.socket.CLOSED);
    expect((await program.fetch('/api/v1/units')).status).toBe(401);
    expect(await codeOf(await postSession(gateway.httpUrl, { linkToken: token }))).toEqual([
      401,
      'token-wrong',
    ]);
    await expect(listenLive(kiosk)).rejects.toThrow(/401/);
  });

  it('made by the command line is revoked by it', async () => {
    const made = (await manyi.json('link', 'add', '--name', '一楼大屏')) as Record<string, string>;
    expect(made.path).toBe(`/wall/#token=${made.token}`);
    const program = createLinkClient(gateway, made.token as string);
    expect((await program.fetch('/api/v1/units')).status).toBe(200);
    await endsWithin(await listenLive(program), () => manyi('link', 'revoke', made.id as string));
    // When it was last used is written every few seconds.
    const link = await until('its last use', async () => {
      const links = (await manyi.json('link', 'list')) as Record<string, unknown>[];
      return links.find(({ id, lastUsedAt }) => id === made.id && lastUsedAt !== null);
    });
    expect(link).toMatchObject({ createdBy: expect.stringMatching(/^cli:/), revokedAt: expect.any(String) });
  });

  it('ends with the right of whoever made it, live streams too, and comes back with it', async () => {
    const maker = await addAccount(gateway, { name: 'maker', role: 'unit-manager', unitId: 'east' });
    const { id, token } = await addLink(maker, { kind: 'wall', unitId: 'east' });
    const ofCity = await addLink(gateway, { kind: 'wall' });
    const [program, other] = [createLinkClient(gateway, token), createLinkClient(gateway, ofCity.token)];
    const change = async (edit: object) => {
      const changed = await gateway.send('PATCH', '/api/v1/accounts/maker', edit);
      expect(changed.status).toBe(200);
    };
    const state = async () => {
      const links = await gateway.getJson<{ id: string; state: string }[]>('/api/v1/links');
      return links.find((one) => one.id === id)?.state;
    };
    for (const [lost, back] of [
      [{ unitId: 'west' }, { unitId: 'east' }],
      [{ disabled: true }, { disabled: false }],
      [{ role: 'auditor' }, { role: 'operator' }],
      [{ role: 'technician' }, { role: 'unit-manager', unitId: 'city' }],
    ]) {
      expect((await program.fetch('/api/v1/units')).status).toBe(200);
      expect(await state()).toBe('good');
      await endsWithin(await listenLive(program), () => change(lost as object));
      expect((await program.fetch('/api/v1/units')).status).toBe(401);
      expect(await codeOf(await postSession(gateway.httpUrl, { linkToken: token }))).toEqual([
        401,
        'token-wrong',
      ]);
      expect(await state()).toBe('maker-barred');
      await change(back as object);
    }
    expect((await other.fetch('/api/v1/units')).status).toBe(200);
    // Somebody else may answer for it.
    await change({ disabled: true });
    const extended = await gateway.send('PATCH', `/api/v1/links/${id}`, { days: 7 });
    expect(await extended.json()).toMatchObject({ state: 'ending', createdBy: 'account:admin' });
    expect((await program.fetch('/api/v1/units')).status).toBe(200);
  });

  it('ends by itself, and the live stream with it', async () => {
    const { id, token } = await addLink(gateway, { kind: 'wall' });
    const program = createLinkClient(gateway, token);
    const live = await listenLive(program);
    await live.snapshot();
    const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
    await endsWithin(live, () =>
      store.people.change(async (tx) => {
        await tx.extendLink(id, Date.now() - 1, { kind: 'account', name: 'admin' });
        const by: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
        return tx.audited({ by, action: 'link.extend', target: { kind: 'link', id } }, undefined);
      }),
    );
    store.close();
    expect((await program.fetch('/api/v1/units')).status).toBe(401);
    const links = (await manyi.json('link', 'list')) as Record<string, unknown>[];
    expect(links.find((one) => one.id === id)).toMatchObject({ state: 'expired' });
    const again = (await manyi.json('link', 'extend', id, '--days', '40')) as Record<string, string>;
    expect(Math.abs(Date.parse(again.expiresAt as string) - Date.now() - 40 * 86_400_000)).toBeLessThan(
      60_000,
    );
    expect((await program.fetch('/api/v1/units')).status).toBe(200);
    for (const days of [0, 1_096, 1.5, -1])
      expect(await codeOf(await gateway.send('PATCH', `/api/v1/links/${id}`, { days }))).toEqual([
        400,
        'parameters-invalid',
      ]);
  });

  it('opens so many streams, and leaves room for others', async () => {
    const greedy = createLinkClient(gateway, (await addLink(gateway, { kind: 'wall' })).token);
    const streams = await Promise.all(Array.from({ length: 100 }, () => listenLive(greedy)));
    await expect(listenLive(greedy)).rejects.toThrow(/503/);
    const other = await listenLive(gateway);
    await other.snapshot();
    for (const live of [...streams, other]) live.close();
    await until('room again', async () => {
      (await listenLive(greedy)).close();
      return true;
    });
  });

  it('for metrics reads the metrics and opens no session', async () => {
    const { token } = await addLink(gateway, { kind: 'metrics' });
    const prometheus = createLinkClient(gateway, token);
    expect(await codeOf(await postSession(gateway.httpUrl, { linkToken: token }))).toEqual([
      401,
      'token-wrong',
    ]);
    expect(await (await prometheus.fetch('/metrics')).text()).toMatch(
      /manyi_http_refused_total\{code="token-wrong"\} [1-9]/,
    );
  });
});
