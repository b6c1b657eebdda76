/** The first account, and what ends a session by itself or holds a flood of requests back. */
import { afterEach, describe, expect, it } from 'vitest';
import { createSessionClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { createManyi } from '../../support/manyi.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway | null = null;
const start = async (env: Record<string, string>) => {
  gateway = await startGateway({ env });
  return gateway;
};
afterEach(async () => {
  await gateway?.dispose();
  gateway = null;
});

describe('the first start', () => {
  it('tells a one-time password once, to whoever starts it, and not to the log', async () => {
    const { log, httpUrl, stop, start: again, ...rest } = await start({ MANYI_ADMIN_PASSWORD: '' });
    const password = await until('the password', () => log().match(/one-time password: +(\S+)/)?.[1]);
    const lines = log().split('\n');
    expect(lines.filter((line) => line.startsWith('{') && line.includes(password))).toEqual([]);

    const admin = createSessionClient(() => httpUrl, 'admin', password);
    expect(await admin.getJson('/api/v1/session')).toMatchObject({
      account: { role: 'administrator' },
      mustChangePassword: true,
    });
    expect((await admin.fetch('/api/v1/accounts')).status).toBe(403);
    const change = { current: password, next: 'the-first-of-all-passwords' };
    expect((await admin.send('PUT', '/api/v1/session/password', change)).status).toBe(204);
    expect(await admin.getJson('/api/v1/accounts')).toHaveLength(1);

    await stop();
    await again();
    expect(log()).not.toContain('one-time');
    expect((await admin.fetch('/api/v1/session')).status).toBe(200);
    expect(rest.dataDir).not.toBe('');
  });

  it('refuses a weak password for it, and does not repeat it', async () => {
    const weak = 'password1234';
    const refused = await startGateway({ env: { MANYI_ADMIN_PASSWORD: weak } }).catch(
      (error: Error) => error,
    );
    expect(String(refused)).toMatch(/password-weak: MANYI_ADMIN_PASSWORD: choose another password/);
    expect(String(refused)).not.toContain(weak);
  });

  it('makes no account where the command line has made one, and is not locked out for good', async () => {
    const first = await start({});
    const manyi = createManyi(first);
    const made = (await manyi.json('account', 'add', 'boss', '--role', 'administrator')) as Record<
      string,
      string
    >;
    expect(made.oneTimePassword).toMatch(/^(\w{4}-){3}\w{4}$/);
    await manyi('account', 'disable', 'admin');
    await expect(manyi('account', 'disable', 'boss')).rejects.toThrow(/administrator-last/);
    const reset = (await manyi.json('account', 'password', 'boss')) as Record<string, string>;
    const boss = createSessionClient(() => first.httpUrl, 'boss', reset.oneTimePassword as string);
    expect(await boss.getJson('/api/v1/session')).toMatchObject({ mustChangePassword: true });
    await manyi('account', 'set', 'boss', '--display-name', '老板');
    expect(await boss.getJson('/api/v1/session')).toMatchObject({ account: { displayName: '老板' } });
    const listed = (await manyi('account', 'list', '--json')).stdout;
    expect(JSON.parse(listed)).toHaveLength(2);
    expect(listed).not.toContain('scrypt');
  });
});

describe('a session that nobody uses', () => {
  it('ends, and its stream with it', async () => {
    const idleMs = 1_800;
    const { headers, httpUrl } = await start({ MANYI_SESSION_IDLE_MINUTES: String(idleMs / 60_000) });
    const session = await headers();
    const live = await listenLive({ httpUrl }, session);
    let code = 0;
    live.socket.once('close', (given) => {
      code = given;
    });
    const begun = performance.now();
    await until('the stream to end', () => code !== 0);
    expect(code).toBe(4401);
    expect(performance.now() - begun).toBeGreaterThan(idleMs - 300);
    expect((await fetch(`${httpUrl}/api/v1/session`, { headers: session })).status).toBe(401);
  });

  it('ends after its longest time, however much it is used', async () => {
    const longestMs = 3_600;
    const { headers, httpUrl } = await start({ MANYI_SESSION_HOURS: String(longestMs / 3_600_000) });
    const session = await headers();
    const status = async () => (await fetch(`${httpUrl}/api/v1/session`, { headers: session })).status;
    expect(await status()).toBe(200);
    await until('its end', async () => (await status()) === 401);
  });
});

describe('a flood of requests', () => {
  it('is held back for whoever sends it, and for nobody else', async () => {
    const one = await start({ MANYI_REQUESTS_PER_S: '5' });
    const statuses: number[] = [];
    for (let asked = 0; asked < 60; asked++) statuses.push((await one.fetch('/api/v1/units')).status);
    expect(statuses.slice(0, 50).every((status) => status === 200)).toBe(true);
    const refused = await one.fetch('/api/v1/units');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: { code: 'rate-limited' } });
    // Another session from the same address, and nobody at all.
    expect((await fetch(`${one.httpUrl}/healthz`)).status).toBe(200);
    const other = await one.signIn('admin', 'a-test-of-many-votes');
    expect((await other.fetch('/api/v1/units')).status).toBe(200);
  });

  it('of strangers is counted by address, wrong tokens or not', async () => {
    const { httpUrl } = await start({ MANYI_REQUESTS_PER_S: '2' });
    const statuses: number[] = [];
    for (let asked = 0; asked < 40; asked++) {
      const headers = { authorization: `Bearer manyi_l_${String(asked).padStart(43, 'x')}` };
      statuses.push((await fetch(`${httpUrl}/api/v1/units`, { headers })).status);
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });
});
