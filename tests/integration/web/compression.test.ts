/** Answers, exports, pages and the live stream, compressed and not: the same content, fewer bytes, and nothing of the kind inbound. */
import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  let login: TerminalLogin | undefined;
  await gateway.add((org) => {
    org.unit('hall', '政务服务大厅');
    for (let at = 0; at < 500; at++) org.window(`w-${at}`, 'hall', `综合受理窗口第${at}号`);
    login = org.terminal('t-one', 'w-1');
  });
  await until('the tree', async () => (await gateway.scores()).length === 501);
  const votes = Array.from({ length: 64 }, (_, at) => vote(at + 1));
  const sent = await publish(
    gateway.mqttPort,
    login as TerminalLogin,
    'manyi/v1/t-one/votes',
    votesMessage(votes),
  );
  expect(sent.code).toBe(0);
});
afterAll(() => gateway?.dispose());

type Raw = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };
/** As the bytes come: fetch would unpack them. */
async function ask(path: string, encoding: string, method = 'GET', body?: Buffer, more = {}): Promise<Raw> {
  const headers = { ...(await gateway.headers()), 'accept-encoding': encoding, ...more };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: gateway.httpPort, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .once('error', reject)
      .end(body);
  });
}
const SPAN = 'from=0&to=9000000000000';

describe('an answer', () => {
  it.each([
    '/api/v1/scores?period=month',
    '/api/v1/windows',
    `/api/v1/votes?${SPAN}`,
    `/api/v1/votes?${SPAN}&format=csv`,
  ])('%s is the same, and smaller', async (path) => {
    const plain = await ask(path, 'identity');
    const [gzip, br] = [await ask(path, 'gzip'), await ask(path, 'gzip, br')];
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect([gzip.headers['content-encoding'], br.headers['content-encoding']]).toEqual(['gzip', 'br']);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(brotliDecompressSync(br.body).equals(plain.body)).toBe(true);
    for (const { body, headers } of [gzip, br]) {
      expect(body.length).toBeLessThan(plain.body.length / 3);
      expect(headers['content-type']).toBe(plain.headers['content-type']);
      expect(headers.vary).toMatch(/accept-encoding/);
    }
    expect(plain.headers.vary).toMatch(/accept-encoding/);
  });

  it('of scores that have not changed is not sent again', async () => {
    const first = await ask('/api/v1/scores?period=month', 'identity');
    const tag = String(first.headers.etag);
    const again = await ask('/api/v1/scores?period=month', 'gzip', 'GET', undefined, {
      'if-none-match': `"another", ${tag}`,
    });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, tag]);
    for (const path of ['/api/v1/scores?period=7d', '/api/v1/scores?period=month&unit=hall'])
      expect((await ask(path, 'identity', 'GET', undefined, { 'if-none-match': tag })).status, path).toBe(
        200,
      );
    await gateway.add((org) => org.unit('annex', '便民服务点'));
    await until('another answer', async () => {
      const { status, headers } = await ask('/api/v1/scores?period=month', 'identity', 'GET', undefined, {
        'if-none-match': tag,
      });
      return status === 200 && headers.etag !== tag;
    });
  });

  it('that is small, refuses, or tells a new secret is sent as it is', async () => {
    const link = Buffer.from(JSON.stringify({ kind: 'wall', name: '长'.repeat(80) }));
    const json = { 'content-type': 'application/json' };
    for (const answer of [
      await ask('/healthz', 'gzip'),
      await ask(`/api/v1/${'nowhere'.repeat(500)}`, 'gzip'),
      await ask('/api/v1/links', 'gzip', 'POST', link, json),
    ])
      expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it('that its reader leaves ends its export', async () => {
    for (let times = 0; times < 5; times++) {
      const headers = { ...(await gateway.headers()), 'accept-encoding': 'gzip' };
      await new Promise<void>((resolve) => {
        const asked = request(
          { host: '127.0.0.1', port: gateway.httpPort, path: `/api/v1/votes?${SPAN}`, headers },
          () => asked.destroy(),
        );
        asked.on('error', () => {}).once('close', () => resolve());
        asked.end();
      });
      await until('a place', async () => (await ask(`/api/v1/votes?${SPAN}`, 'gzip')).status === 200);
    }
  });
});

describe('the pages', () => {
  it('are compressed when they are built', async () => {
    const page = await ask('/wall/', 'identity');
    const [, script = ''] = /src="([^"]+\.js)"/.exec(page.body.toString()) ?? [];
    const path = new URL(script, `${gateway.httpUrl}/wall/`).pathname;
    const plain = await ask(path, 'identity');
    const [br, gzip] = [await ask(path, 'gzip, br'), await ask(path, 'gzip')];
    expect([br.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual(['br', 'gzip']);
    expect(brotliDecompressSync(br.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(br.headers['content-type']).toBe(plain.headers['content-type']);
    expect(br.headers['content-security-policy']).toBe(plain.headers['content-security-policy']);
    expect(br.headers['cache-control']).toBe(plain.headers['cache-control']);
  });
});

describe('what comes in', () => {
  it('is not unpacked: a body', async () => {
    const body = gzipSync('{"name":"admin","password":"x"}');
    const json = { 'content-type': 'application/json' };
    for (const encoding of ['gzip', 'br', 'deflate', 'x']) {
      const answer = await ask('/api/v1/session', 'identity', 'POST', body, {
        ...json,
        'content-encoding': encoding,
      });
      expect([answer.status, JSON.parse(answer.body.toString()).error.code]).toEqual([
        415,
        'request-invalid',
      ]);
    }
  });

  it('is not unpacked: a message of a wall', async () => {
    const socket = new WebSocket(`${gateway.httpUrl.replace('http', 'ws')}/api/v1/live`, {
      headers: await gateway.headers(),
      perMessageDeflate: true,
    });
    await new Promise((resolve) => socket.once('open', resolve));
    expect(socket.extensions).toBe('');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    // A text frame of one masked byte that says it is compressed (RFC 7692, 6): nobody has agreed to that.
    (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
      Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x41]),
    );
    await closed;
  });
});

describe('the live stream', () => {
  it('begins with a compressed snapshot for whoever asks for one, and goes on in text', async () => {
    const open = async (query: string) => {
      const socket = new WebSocket(`${gateway.httpUrl.replace('http', 'ws')}/api/v1/live${query}`, {
        headers: await gateway.headers(),
      });
      return new Promise<{ data: Buffer; isBinary: boolean }>((resolve) =>
        socket.once('message', (data: Buffer, isBinary) => {
          resolve({ data, isBinary });
          socket.terminate();
        }),
      );
    };
    const [packed, plain] = [await open('?compress=gzip'), await open('')];
    expect([packed.isBinary, plain.isBinary]).toEqual([true, false]);
    const rows = (text: string) => (JSON.parse(text) as { type: string; windows: unknown[] }).windows;
    expect(rows(gunzipSync(packed.data).toString())).toEqual(rows(plain.data.toString()));
    expect(packed.data.length).toBeLessThan(plain.data.length / 5);
    expect((await open('?compress=br')).isBinary).toBe(false);
  });
});
