/** HTTPS with a certificate of one's own, as a browser that trusts it meets it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createCertificate } from '../../support/certificate.ts';
import { ADMIN_PASSWORD, startGateway, type TestGateway } from '../../support/gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyi-https-'));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
let gateway: TestGateway;
let ca: string;
let files: { MANYI_HTTPS_CERT: string; MANYI_HTTPS_KEY: string };
beforeAll(async () => {
  const { cert, key } = await createCertificate();
  ca = cert;
  files = { MANYI_HTTPS_CERT: file('cert.pem', cert), MANYI_HTTPS_KEY: file('key.pem', key) };
  gateway = await startGateway({ env: files });
});
afterAll(async () => {
  await gateway?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: string };
function ask(path: string, options: RequestOptions = {}, body?: object): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': text.length };
  return new Promise((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port: gateway.httpPort,
        path,
        ca,
        ...options,
        headers: { ...headers, ...options.headers },
      },
      (response) => {
        let got = '';
        response.on('data', (part) => {
          got += String(part);
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: got }),
        );
      },
    )
      .once('error', reject)
      .end(text);
  });
}
const signIn = (origin: string) =>
  ask(
    '/api/v1/session',
    { method: 'POST', headers: { origin } },
    { name: 'admin', password: ADMIN_PASSWORD },
  );

describe('HTTPS', () => {
  it('gives a cookie that no page without TLS and no other host can set or get', async () => {
    const { status, headers } = await signIn(`https://127.0.0.1:${gateway.httpPort}`);
    expect(status).toBe(200);
    const [cookie = ''] = headers['set-cookie'] as string[];
    expect(cookie).toMatch(
      /^__Host-manyi_session=manyi_s_[\w-]{43}; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d{8}/);

    const pair = cookie.split(';')[0] as string;
    expect((await ask('/api/v1/units', { headers: { cookie: pair } })).status).toBe(200);
    // The name that is used without TLS opens nothing here.
    const bare = pair.replace('__Host-', '');
    expect((await ask('/api/v1/units', { headers: { cookie: bare } })).status).toBe(401);
    const live = new WebSocket(`wss://127.0.0.1:${gateway.httpPort}/api/v1/live`, {
      ca,
      headers: { cookie: pair },
    });
    const first = await new Promise((resolve, reject) => {
      live.once('message', (data) => resolve(JSON.parse(String(data)).type));
      live.once('error', reject);
    });
    expect(first).toBe('snapshot');
    live.terminate();
  });

  it('takes a page of the same name without TLS for a foreign one', async () => {
    const answer = await signIn(`http://127.0.0.1:${gateway.httpPort}`);
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([403, 'origin-foreign']);
  });

  it('speaks nothing older than TLS 1.2', async () => {
    await expect(ask('/healthz', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow();
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('a setting that cannot be', () => {
  it.each([
    [() => ({ MANYI_HTTPS_CERT: files.MANYI_HTTPS_CERT }), /set both or neither/],
    [() => ({ ...files, MANYI_HTTPS_KEY: join(folder, 'none') }), /https-file-unreadable: MANYI_HTTPS_KEY/],
    [() => ({ ...files, MANYI_HTTPS_KEY: files.MANYI_HTTPS_CERT }), /https-key-invalid/],
    [() => ({ MANYI_HTTPS: 'maybe' }), /MANYI_HTTPS=maybe: must be one of/],
  ])('is told before anything starts', async (env, message) => {
    await expect(startGateway({ env: env() as Record<string, string> })).rejects.toThrow(message);
  });

  it('a key of another certificate', async () => {
    const other = await createCertificate();
    const env = { ...files, MANYI_HTTPS_KEY: file('other.pem', other.key) };
    await expect(startGateway({ env })).rejects.toThrow(/https-key-foreign/);
  });
});
