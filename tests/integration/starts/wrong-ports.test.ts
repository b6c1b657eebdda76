/** A terminal at the web port, a browser at the terminals' port: each is told where it is. And what both ports offer in TLS. */
import { spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrol } from '../../../device/identity/enrolment.ts';
import type { Identity } from '../../../device/identity/identity.ts';
import { createConnection } from '../../../device/uplink/connection.ts';
import { parseEnrolmentCode } from '../../../protocol/enrolment-code.ts';
import { makeRequest } from '../../support/certificates.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { createManyi } from '../../support/manyi.ts';
import { have, succeeds } from '../../support/prerequisites.ts';
import { until } from '../../support/wait.ts';

const gateways = new Map<string, TestGateway>();
const logins = new Map<string, TerminalLogin>();
beforeAll(async () => {
  for (const [name, env] of [
    ['HTTP', {}],
    ['HTTPS', { MANYI_HTTPS: 'self-signed' }],
  ] as const) {
    const gateway = await startGateway({ env });
    gateways.set(name, gateway);
    await gateway.add((org) => {
      org.unit('hall', '大厅');
      org.window('w', 'hall', '窗口');
      logins.set(name, org.terminal('t-lost', 'w'));
    });
  }
});
afterAll(async () => {
  for (const gateway of gateways.values()) await gateway.dispose();
});
const gatewayOf = (name: string) => gateways.get(name) as TestGateway;

describe.each(['HTTP', 'HTTPS'])('a terminal at a web port with %s', (name) => {
  const url = () => `mqtts://127.0.0.1:${gatewayOf(name).httpPort}`;

  it('is told so when it connects', async () => {
    const said: string[] = [];
    const note = (fields: object, text: string) => void said.push(`${JSON.stringify(fields)} ${text}`);
    const log = { debug: note, info: note, warn: note, error: note };
    const { identity } = logins.get(name) as TerminalLogin;
    const connection = createConnection({
      ...{ terminalId: 't-lost', gatewayUrl: url(), log, onUp() {}, onDown() {}, onMessage() {} },
      credentials: { obtain: async () => identity as Identity, confirm() {}, reject: () => false },
    });
    connection.start();
    await until('a complaint', () => said.length > 0);
    await connection.stop();
    expect(said[0]).toContain('"gateway-port-wrong"');
    expect(said[0]).toContain('set MANYI_GATEWAY=mqtts://127.0.0.1:8883');
  });

  it('is told so when it enrols, and keeps its secret', async () => {
    const made = (await createManyi(gatewayOf(name)).json('terminal', 'code', '--terminal', 't-lost')) as {
      code: string;
    };
    const code = parseEnrolmentCode(made.code);
    if (!code) throw new Error(made.code);
    await expect(enrol(url(), code, (await makeRequest()).csr)).rejects.toMatchObject({
      code: 'gateway-port-wrong',
    });
  });
});

describe("a browser at the terminals' port", () => {
  const port = () => gatewayOf('HTTP').mqttPort;
  it.each([
    ['http', () => httpRequest({ host: '127.0.0.1', port: port(), path: '/wall/' })],
    [
      'https',
      () => httpsRequest({ host: '127.0.0.1', port: port(), path: '/wall/', rejectUnauthorized: false }),
    ],
  ])('gets a sentence over %s', async (_scheme, open) => {
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      open()
        .once('error', reject)
        .once('response', (response) => {
          let text = '';
          response.on('data', (part) => {
            text += String(part);
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        })
        .end();
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('MANYI_HTTP_PORT');
    const metrics = await (await gatewayOf('HTTP').fetch('/metrics')).text();
    expect(metrics).toMatch(/manyi_mqtt_refused_total\{reason="http-spoken"\} [12]/);
  });
});

describe('a request that two readers could read in two ways', () => {
  const ask = (lines: string[]) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect({ host: '127.0.0.1', port: gatewayOf('HTTP').httpPort });
      socket.once('error', reject);
      socket.on('data', (part) => {
        text += String(part);
      });
      socket.once('close', () => resolve(text));
      socket.end(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
    });
  const upgrade = [
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];
  it.each([
    ['two hosts', ['GET /healthz HTTP/1.1', 'Host: a', 'Host: b']],
    ['the same host twice', ['GET /nowhere HTTP/1.1', 'Host: a', 'host: a']],
    ['a host that is none', ['GET /healthz HTTP/1.1', 'Host: a b']],
    ['a host with a user', ['GET /healthz HTTP/1.1', 'Host: admin@a']],
    [
      'two tokens',
      ['GET /api/v1/units HTTP/1.1', 'Host: a', 'Authorization: Bearer x', 'Authorization: Bearer y'],
    ],
    ['two hosts and an upgrade', ['GET /api/v1/live HTTP/1.1', 'Host: a', 'Host: b', ...upgrade]],
  ])('is refused: %s', async (_what, lines) => {
    const answer = await ask(lines);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"request-invalid"');
  });
  it.each(['127.0.0.1:8080', '[::1]:8080', 'manyi.example.org', 'manyi_hall:80', 'xn--fiq228c.cn'])(
    'and %s is a host',
    async (host) => {
      expect(await ask(['GET /healthz HTTP/1.1', `Host: ${host}`])).toMatch(/^HTTP\/1\.1 200 /);
    },
  );
});

describe('the description of the API in a browser that is not signed in', () => {
  const ask = (path: string, accept: string) =>
    fetch(gatewayOf('HTTP').httpUrl + path, { headers: { accept }, redirect: 'manual' });
  it('leads to the sign-in and back', async () => {
    for (const path of ['/api/docs', '/api/docs/', '/api/docs/?a=b']) {
      const response = await ask(path, 'text/html,application/xhtml+xml,*/*;q=0.8');
      expect(response.status).toBe(302);
      expect(response.headers.get('location')).toBe(`/sign-in/?${new URLSearchParams({ next: path })}`);
    }
    expect((await ask('/api/docs', 'application/json')).status).toBe(401);
    expect((await ask('/api/docs/json', 'text/html')).status).toBe(401);
    expect((await ask('/api/v1/units', 'text/html')).status).toBe(401);
  });
});

const OPENSSL = {
  name: 'openssl',
  howToGetIt: 'apt-get install openssl',
  isThere: () => succeeds('openssl', ['version']),
};
describe.runIf(have(OPENSSL))('both ports', () => {
  const shake = (port: number, ...options: string[]) =>
    new Promise<string>((resolve, reject) => {
      const args = [
        's_client',
        '-connect',
        `127.0.0.1:${port}`,
        '-servername',
        'gateway.manyi.internal',
        ...options,
      ];
      const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (part) => {
          text += String(part);
        });
      child.once('error', reject);
      child.once('close', () => resolve(text));
      child.stdin.end();
    });
  it.each([
    ['mqttPort', '-tls1_2', 'ECDHE-ECDSA-AES128-SHA256', false],
    ['mqttPort', '-tls1_2', 'ECDHE-ECDSA-AES256-SHA', false],
    ['mqttPort', '-tls1_2', 'ECDHE-ECDSA-AES128-GCM-SHA256', true],
    ['mqttPort', '-tls1_2', 'ECDHE-ECDSA-CHACHA20-POLY1305', true],
    ['mqttPort', '-tls1_1', 'ALL:@SECLEVEL=0', false],
    ['mqttPort', '-tls1_3', '', true],
    ['httpPort', '-tls1_2', 'ECDHE-ECDSA-AES128-SHA256', false],
    ['httpPort', '-tls1_2', 'ECDHE-ECDSA-AES256-SHA', false],
    ['httpPort', '-tls1_2', 'ECDHE-ECDSA-AES128-GCM-SHA256', true],
    ['httpPort', '-tls1_1', 'ALL:@SECLEVEL=0', false],
    ['httpPort', '-tls1_3', '', true],
  ] as const)('%s %s %s: %s', async (port, version, cipher, taken) => {
    const answer = await shake(
      gatewayOf('HTTPS')[port],
      version,
      ...(cipher === '' ? [] : ['-cipher', cipher]),
    );
    expect(/Cipher is (?!\(NONE\))/.test(answer), answer).toBe(taken);
  });
});
