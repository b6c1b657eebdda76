/** What programs and boxes on the way do to HTTP: offers of other protocols, old versions, odd spellings. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_PASSWORD, startGateway, type TestGateway } from '../../support/gateway.ts';
import { openPlainSocket } from '../../support/raw-mqtt.ts';

let gateway: TestGateway;
let cookie: string;
beforeAll(async () => {
  gateway = await startGateway();
  cookie = (await gateway.headers()).cookie as string;
});
afterAll(() => gateway?.dispose());

/** @returns all that is answered until the gateway closes the connection. */
function say(...parts: (string | Buffer)[]): Promise<string> {
  const socket = openPlainSocket(gateway.httpPort);
  let got = '';
  socket.on('data', (data) => {
    got += String(data);
  });
  const speak = (rest: (string | Buffer)[]) => {
    const [next, ...more] = rest;
    if (next === undefined) return;
    socket.write(next);
    setImmediate(() => speak(more));
  };
  speak(parts);
  return new Promise((resolve) => socket.once('close', () => resolve(got)));
}
const request = (first: string, headers: Record<string, string>, body = '') =>
  `${first}\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}`;
/** As Java's HttpClient and curl --http2 say it. */
const H2C = {
  Connection: 'Upgrade, HTTP2-Settings',
  Upgrade: 'h2c',
  'HTTP2-Settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
};

describe('an offer of HTTP/2', () => {
  it('is declined, and the question answered', async () => {
    const answer = await say(request('GET /api/v1/units HTTP/1.1', { Host: 'x', Cookie: cookie, ...H2C }));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close[\s\S]*\r\n\r\n\[/i);
  });

  it('with a body too, however it comes', async () => {
    const body = JSON.stringify({ name: 'admin', password: ADMIN_PASSWORD });
    const headers = {
      ...{ Host: 'x', 'Content-Type': 'application/json', 'Content-Length': String(body.length) },
      ...H2C,
    };
    const whole = request('POST /api/v1/session HTTP/1.1', headers, body);
    for (const parts of [
      [whole],
      [whole.slice(0, -20), whole.slice(-20)],
      [whole.slice(0, -30), ...whole.slice(-30)],
    ])
      expect(await say(...parts)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*set-cookie: manyi_session=/i);
  });

  it('holds no promise that is not kept: too much, cut off, or of unknown length', async () => {
    const headers = { Host: 'x', 'Content-Type': 'application/json', ...H2C };
    const post = (more: object, body = '') =>
      say(request('POST /api/v1/session HTTP/1.1', { ...headers, ...more }, body));
    expect(await post({ 'Content-Length': '70000' }, '{')).toMatch(/^HTTP\/1\.1 413 /);
    expect(await post({ 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n')).toMatch(/400 [\s\S]*upgrade-unknown/);
    const socket = openPlainSocket(gateway.httpPort);
    socket.end(request('POST /api/v1/session HTTP/1.1', { ...headers, 'Content-Length': '10' }, '{"na'));
    await new Promise((resolve) => socket.once('close', resolve));
    expect((await fetch(`${gateway.httpUrl}/healthz`)).status).toBe(200);
  });

  it('large answers come to their end, and nobody who leaves takes the gateway along', async () => {
    const answer = await say(request('GET /api/docs/json HTTP/1.1', { Host: 'x', Cookie: cookie, ...H2C }));
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    expect(JSON.parse(body.startsWith('{') ? body : '{}').openapi).toBe('3.1.0');
    for (let turn = 0; turn < 20; turn++) {
      const socket = openPlainSocket(gateway.httpPort);
      socket.write(request('GET /api/docs/json HTTP/1.1', { Host: 'x', Cookie: cookie, ...H2C }));
      await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
    }
    expect((await fetch(`${gateway.httpUrl}/healthz`)).status).toBe(200);
  });
});

describe('an old or odd way to speak', () => {
  it('HTTP/1.0 without a Host is answered, and the connection ends', async () => {
    const answer = await say(`GET /api/v1/units HTTP/1.0\r\ncookie: ${cookie}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close/i);
    expect(await say('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 302 [\s\S]*location: \/wall\/\r\n/i);
  });

  it('a stream of votes to HTTP/1.0 comes in one piece, with no marks of chunks', async () => {
    const answer = await say(
      `GET /api/v1/votes?from=0&to=1&format=csv HTTP/1.0\r\ncookie: ${cookie}\r\naccept: text/csv\r\n\r\n`,
    );
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  it.each([
    { Upgrade: 'websocket', Connection: 'Upgrade' },
    { upgrade: 'WebSocket', connection: 'keep-alive, upgrade' },
    { UPGRADE: 'websocket', CONNECTION: 'Upgrade' },
  ])('%j opens the live stream', async (headers) => {
    const socket = openPlainSocket(gateway.httpPort);
    const more = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    socket.write(request('GET /api/v1/live HTTP/1.1', { Host: 'x', Cookie: cookie, ...headers, ...more }));
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(String(first)).toMatch(/^HTTP\/1\.1 101 /);
    socket.destroy();
  });

  it('the live stream without an upgrade says why it does not open', async () => {
    const why = async (query: string) => {
      const response = await gateway.fetch(`/api/v1/live${query}`);
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await why('')).toEqual([426, 'upgrade-required']);
    expect(await why(`?origin=${encodeURIComponent(gateway.httpUrl)}`)).toEqual([426, 'upgrade-required']);
    expect(await why('?origin=https://evil.example')).toEqual([403, 'origin-foreign']);
    expect(await why('?origin=nonsense')).toEqual([403, 'origin-foreign']);
    expect(await why(`?origin=${'x'.repeat(301)}`)).toEqual([400, 'parameters-invalid']);
  });
});
