/** Behind nginx and HAProxy as docs/proxies.md configures them: everybody is who they are. */
import { type RequestOptions, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { SIGNATURE } from '../../../gateway/mqtt/proxy-header.ts';
import { GATEWAY_NAME } from '../../../protocol/identity.ts';
import { makeRequest } from '../../support/certificates.ts';
import { ADMIN_PASSWORD, startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { readMetrics } from '../../support/metrics.ts';
import { have } from '../../support/prerequisites.ts';
import {
  HAPROXY,
  NGINX,
  type RunningProxy,
  snippet,
  startHaproxy,
  startNginx,
} from '../../support/proxies.ts';
import { connectPacket, openSocket, publishPacket } from '../../support/raw-mqtt.ts';
import { until } from '../../support/wait.ts';

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: string };

/** @param options localAddress: all of 127/8 is this machine, so each address is another person. */
function ask(
  proxy: RunningProxy,
  path: string,
  options: RequestOptions = {},
  body?: object,
): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const type =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const { headers, ...rest } = options;
    const own = { host: '127.0.0.1', port: proxy.port, path, rejectUnauthorized: false, agent: false };
    request({ ...own, ...rest, headers: { ...type, ...headers } }, (response) => {
      let got = '';
      response.on('data', (part) => {
        got += String(part);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: got }),
      );
    })
      .once('error', reject)
      .end(text);
  });
}
const codeOf = ({ status, body }: Answer) => [status, JSON.parse(body).error?.code];
const signIn = (proxy: RunningProxy, localAddress: string, password = ADMIN_PASSWORD, base = '', more = {}) =>
  ask(
    proxy,
    `${base}/api/v1/session`,
    {
      method: 'POST',
      localAddress,
      headers: { origin: `https://127.0.0.1:${proxy.port}`, ...more },
    },
    { name: 'admin', password },
  );
const cookieIn = ({ headers }: Answer) => (headers['set-cookie'] as string[] | undefined)?.[0] ?? '';
const pairOf = (answer: Answer) => cookieIn(answer).split(';')[0] as string;

function listen(
  proxy: RunningProxy,
  cookie: string,
  { origin, base = '' }: { origin?: string; base?: string } = {},
) {
  const socket = new WebSocket(`wss://127.0.0.1:${proxy.port}${base}/api/v1/live`, {
    rejectUnauthorized: false,
    headers: { cookie, origin: origin ?? `https://127.0.0.1:${proxy.port}` },
  });
  return new Promise<string>((resolve) => {
    socket.once('message', (data) => {
      resolve(JSON.parse(String(data)).type);
      socket.terminate();
    });
    socket.once('unexpected-response', (_request, response) => resolve(String(response.statusCode)));
    socket.once('error', (error) => resolve(error.message));
  });
}

const toGateway = (gateway: TestGateway, text: string) =>
  text
    .replace('listen 443', 'listen 127.0.0.1:PORT')
    .replace('bind :443', 'bind 127.0.0.1:PORT')
    .replace('/etc/nginx/manyi.pem', 'CERT')
    .replace('/etc/nginx/manyi.key', 'KEY')
    .replace('/etc/haproxy/manyi.pem', 'CERT')
    .replace('127.0.0.1:8080', `127.0.0.1:${gateway.httpPort}`);
const TRUSTED = { MANYI_TRUSTED_PROXIES: '127.0.0.1' };
const PROXIES = [
  ['nginx', NGINX, (text: string) => startNginx(text)],
  ['HAProxy', HAPROXY, (text: string) => startHaproxy(text)],
] as const;

describe.each(PROXIES)('behind %s', (name, needed, start) => {
  describe.runIf(have(needed))('that is trusted', () => {
    let gateway: TestGateway;
    let proxy: RunningProxy;
    beforeAll(async () => {
      // On all addresses of both kinds: the proxy then comes as ::ffff:127.0.0.1.
      gateway = await startGateway({ env: { ...TRUSTED, MANYI_HTTP_HOST: '::' } });
      proxy = await start(toGateway(gateway, snippet(name)));
    });
    afterAll(async () => {
      await proxy?.stop();
      await gateway?.dispose();
    });

    it('a session and its audit are of whoever signed in, whatever they say of themselves', async () => {
      const forged = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.1' };
      const answer = await signIn(proxy, '127.0.0.2', ADMIN_PASSWORD, '', forged);
      expect(answer.status).toBe(200);
      expect(cookieIn(answer)).toMatch(
        /^__Host-manyi_session=\S+; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      );
      expect(answer.headers['strict-transport-security']).toMatch(/^max-age=/);
      const sessions = await gateway.getJson<{ address: string; userAgent: string }[]>('/api/v1/sessions');
      expect(sessions.map(({ address }) => address)).toContain('127.0.0.2');
      const rows = await gateway.getJson<{ origin: string; action: string }[]>('/api/v1/audit');
      expect(rows.filter(({ action }) => action === 'session.open').map(({ origin }) => origin)).toContain(
        '127.0.0.2',
      );
    });

    it("one person's wrong passwords make nobody else wait", async () => {
      // Nor does it help whoever has to wait to be from elsewhere each time.
      const attempt = async (from: number) =>
        codeOf(
          await signIn(proxy, '127.0.0.3', 'wrong-wrong-wrong', '', {
            'x-forwarded-for': `198.51.100.${from}`,
          }),
        ).join();
      let [last, attempts] = ['', 0];
      while (last !== '429,sign-in-throttled' && attempts < 12) last = await attempt(++attempts);
      expect(last).toBe('429,sign-in-throttled');
      expect(attempts).toBeGreaterThan(5);
      expect((await signIn(proxy, '127.0.0.4')).status).toBe(200);
    });

    it('the live stream comes, for pages of this host under TLS alone', async () => {
      const cookie = pairOf(await signIn(proxy, '127.0.0.5'));
      expect(await listen(proxy, cookie)).toBe('snapshot');
      expect(await listen(proxy, cookie, { origin: 'https://evil.example' })).toBe('403');
      expect(await listen(proxy, cookie, { origin: `http://127.0.0.1:${proxy.port}` })).toBe('403');
      const foreign = await ask(
        proxy,
        '/api/v1/links',
        { method: 'POST', headers: { cookie, origin: `http://127.0.0.1:${proxy.port}` } },
        { kind: 'wall', name: 'x' },
      );
      expect(codeOf(foreign)).toEqual([403, 'origin-foreign']);
    });

    it('whoever reaches the gateway past it is not believed', async () => {
      const response = await fetch(`${gateway.httpUrl}/healthz`);
      expect(response.headers.get('strict-transport-security')).toBe(null);
      // 127.0.0.6 is not in the list.
      const answer = await new Promise<string>((resolve) => {
        const socket = connectPlain({ port: gateway.httpPort, host: '127.0.0.1', localAddress: '127.0.0.6' });
        socket.end(
          'GET /healthz HTTP/1.0\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 198.51.100.2\r\n\r\n',
        );
        let got = '';
        socket.on('data', (data) => {
          got += String(data);
        });
        socket.on('close', () => resolve(got));
      });
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).not.toMatch(/strict-transport-security/i);
      await until('the log to say so', () => gateway.log().includes('proxy-untrusted'));
    });
  });
});

describe.runIf(have(NGINX))('below a path', () => {
  let gateway: TestGateway;
  let keeping: RunningProxy;
  let stripping: RunningProxy;
  beforeAll(async () => {
    gateway = await startGateway({ env: { ...TRUSTED, MANYI_BASE_PATH: '/manyi' } });
    const text = toGateway(gateway, snippet('nginx'));
    keeping = await startNginx(text.replace('location / {', 'location /manyi/ {'));
    stripping = await startNginx(
      text
        .replace('location / {', 'location /manyi/ {')
        .replace(/proxy_pass (\S+);/, (_all, address) => `proxy_pass ${address}/;`),
    );
  });
  afterAll(async () => {
    await keeping?.stop();
    await stripping?.stop();
    await gateway?.dispose();
  });

  it('pages, API and live stream are there, and the cookie goes nowhere else', async () => {
    const start = await ask(keeping, '/manyi/');
    expect([start.status, start.headers.location]).toEqual([302, '/manyi/wall/']);
    expect((await ask(keeping, '/manyi/wall?lang=en')).headers.location).toBe('/manyi/wall/?lang=en');
    const page = await ask(keeping, '/manyi/wall/');
    const [, script = ''] = /<script type="module"[^>]* src="([^"]+)"/.exec(page.body) ?? [];
    const asset = new URL(script, `https://127.0.0.1:${keeping.port}/manyi/wall/`).pathname;
    expect((await ask(keeping, asset)).headers['content-type']).toMatch(/javascript/);

    const answer = await signIn(keeping, '127.0.0.2', ADMIN_PASSWORD, '/manyi');
    expect(cookieIn(answer)).toMatch(
      /^__Secure-manyi_session=\S+; .*Path=\/manyi; HttpOnly; Secure; SameSite=Lax$/,
    );
    const cookie = pairOf(answer);
    expect(await listen(keeping, cookie, { base: '/manyi' })).toBe('snapshot');
    const description = await ask(keeping, '/manyi/api/docs/json', { headers: { cookie } });
    expect(JSON.parse(description.body).servers).toMatchObject([{ url: '/manyi' }]);
    const docs = await ask(keeping, '/manyi/api/docs/static/index.html', { headers: { cookie } });
    expect(docs.headers.location).toMatch(/^\/manyi\/api\/docs\/$/);
  });

  it('a proxy that strips it is told, and nothing goes round in circles', async () => {
    const page = await ask(stripping, '/manyi/wall/');
    expect(codeOf(page)).toEqual([404, 'base-path-missing']);
    expect(JSON.parse(page.body).error.message).toContain('not without /manyi');
    expect(codeOf(await ask(stripping, '/manyi/'))).toEqual([404, 'base-path-missing']);
    expect(await listen(stripping, 'manyi_session=x', { base: '/manyi' })).toBe('404');
  });

  it('who watches the process need not know the path', async () => {
    expect((await fetch(`${gateway.httpUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${gateway.httpUrl}/manyi/readyz`)).status).toBe(200);
  });
});

describe.runIf(have(HAPROXY))('terminals behind HAProxy', () => {
  let gateway: TestGateway;
  let balancer: RunningProxy;
  let terminal: TerminalLogin;
  beforeAll(async () => {
    gateway = await startGateway({
      env: { ...TRUSTED, MANYI_MQTT_PROXY_PROTOCOL: 'v2', MANYI_MQTT_HOST: '0.0.0.0' },
    });
    await gateway.add((org) => {
      org.unit('hall', '大厅');
      org.window('w1', 'hall', '一号');
      terminal = org.terminal('t1', 'w1');
    });
    balancer = await startHaproxy(
      snippet('HAProxy for terminals')
        .replace('bind :8883', 'bind 127.0.0.1:PORT')
        .replace('127.0.0.1:18883', `127.0.0.1:${gateway.mqttPort} source 127.0.0.1`),
    );
  });
  afterAll(async () => {
    await balancer?.stop();
    await gateway?.dispose();
  });
  const refused = async (reason: string) =>
    (await readMetrics(gateway)).of('manyi_mqtt_refused_total', { reason });

  it('are who they are, and where', async () => {
    const { identity } = terminal;
    const socket = connectTls({
      socket: connectPlain({ port: balancer.port, host: '127.0.0.1', localAddress: '127.0.0.9' }),
      servername: GATEWAY_NAME,
      ...{ key: identity.key, cert: identity.certificate, ca: identity.authority },
    });
    socket.write(connectPacket(terminal));
    await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
    const { csr } = await makeRequest();
    socket.write(publishPacket('manyi/v1/t1/csr', JSON.stringify({ csr }), 1));
    const origins = await until('the certificate to be issued', async () => {
      type Row = { actor: string; origin: string; action: string };
      const rows = await gateway.getJson<Row[]>('/api/v1/audit');
      const issued = rows.filter(
        ({ action, actor }) => action === 'certificate.issue' && actor.startsWith('terminal:'),
      );
      return issued.length > 0 && issued.map(({ origin }) => origin);
    });
    expect(origins).toEqual(['127.0.0.9']);
    socket.destroy();
    // The balancer's own looks at the port, every two seconds, are no refusals.
    for (const reason of ['invalid', 'missing', 'unexpected'])
      expect([reason, await refused(`proxy-header-${reason}`)]).toEqual([reason, 0]);
  });

  it('a trusted balancer must say whom it speaks for', async () => {
    const socket = openSocket(gateway.mqttPort, terminal);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await refused('proxy-header-invalid')).toBe(1);
  });

  it('nobody else is believed', async () => {
    const socket = connectPlain({ port: gateway.mqttPort, host: '127.0.0.1', localAddress: '127.0.0.8' });
    socket.on('error', () => {});
    socket.write(
      Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0, 12, 203, 0, 113, 9, 10, 0, 0, 1, 1, 1, 2, 2])]),
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await refused('proxy-header-unexpected')).toBe(1);
    // And without one, somebody who comes directly is welcome.
    const direct = connectTls({
      socket: connectPlain({ port: gateway.mqttPort, host: '127.0.0.1', localAddress: '127.0.0.8' }),
      servername: GATEWAY_NAME,
      ...{ key: terminal.identity.key, cert: terminal.identity.certificate, ca: terminal.identity.authority },
    });
    direct.write(connectPacket(terminal));
    const connack = await new Promise<Buffer>((resolve) => direct.once('data', resolve));
    expect(connack[3]).toBe(0);
    direct.destroy();
  });
});

describe('the settings', () => {
  it('a header from nobody', async () => {
    await expect(startGateway({ env: { MANYI_MQTT_PROXY_PROTOCOL: 'v2' } })).rejects.toThrow(
      /MANYI_MQTT_PROXY_PROTOCOL: set MANYI_TRUSTED_PROXIES/,
    );
  });
});
