/** Webhooks, to a real HTTP server that answers, fails, stalls, leads elsewhere, talks without end. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMayReach } from '../../../gateway/alerts/delivery/addresses.ts';
import { createCourier } from '../../../gateway/alerts/delivery/courier.ts';
import { createTargetDesk, sealName } from '../../../gateway/alerts/delivery/target-desk.ts';
import { createSendWebhook } from '../../../gateway/alerts/delivery/webhook.ts';
import type { By } from '../../../gateway/store/changes.ts';
import { createSeal } from '../../../gateway/store/seal.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { createStoreHome } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';
import { until } from '../../support/wait.ts';

const BY: By = { actor: { kind: 'account', name: 'admin' }, origin: '10.0.0.1' };
const NOW = 1_795_000_000_000;
type Heard = { path: string; headers: IncomingHttpHeaders; body: string };
type Answer = (response: ServerResponse, heard: Heard) => void;
const ok: Answer = (response) => void response.writeHead(204).end();
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end('no');

let heard: Heard[];
let answer: Answer;
let port: number;
let closeServer: () => Promise<void>;
beforeEach(async () => {
  heard = [];
  answer = ok;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      heard.push({ path: request.url ?? '', headers: request.headers, body });
      answer(response, heard.at(-1) as Heard);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  closeServer = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
});
afterEach(() => closeServer());

describe('a webhook', () => {
  const post = (host: string, networks: string[] = ['127.0.0.1', '::1'], timeoutMs?: number) =>
    createSendWebhook(
      createMayReach(networks),
      () => NOW,
      timeoutMs,
    )({
      url: `http://${host}:${port}/hook?a=1`,
      secret: 's3cret',
      id: 'ad-1',
      event: 'test',
      body: '{"汉":1}',
    });

  it('is signed, so that its receiver can tell whose it is and how old', async () => {
    await post('127.0.0.1');
    const [{ path, headers, body }] = heard as [Heard];
    expect([path, body]).toEqual(['/hook?a=1', '{"汉":1}']);
    expect(headers).toMatchObject({
      ...{ 'manyi-delivery': 'ad-1', 'manyi-event': 'test' },
      'content-type': 'application/json; charset=utf-8',
    });
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['manyi-signature'] as string) ?? [];
    expect(t).toBe(String(NOW / 1_000));
    expect(v1).toBe(createHmac('sha256', 's3cret').update(`${t}.${body}`).digest('hex'));
  });

  it('goes nowhere inside that the settings do not allow, by name neither', async () => {
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433'])
      await expect(post(host, []), host).rejects.toMatchObject({ code: 'webhook-address-forbidden' });
    expect(heard).toEqual([]);
    await post('localhost');
    expect(heard).toHaveLength(1);
  });

  it('follows nobody', async () => {
    answer = status(302, { location: `http://127.0.0.1:${port}/elsewhere` });
    await expect(post('127.0.0.1')).rejects.toMatchObject({ code: 'webhook-redirected' });
    expect(heard).toHaveLength(1);
  });

  it('waits for nobody, whether there is no answer or one without end', async () => {
    answer = () => {};
    await expect(post('127.0.0.1', undefined, 200)).rejects.toMatchObject({ code: 'webhook-timeout' });
    answer = (response) => {
      response.writeHead(200);
      const more = () => response.write('x'.repeat(65_536), () => setImmediate(more));
      response.on('close', () => response.destroy());
      more();
    };
    await post('127.0.0.1', undefined, 5_000);
    answer = (response) => void response.writeHead(200, { big: 'x'.repeat(100_000) }).end();
    await expect(post('127.0.0.1')).rejects.toMatchObject({ code: 'webhook-unreachable' });
  });

  it('says what keeps it', async () => {
    answer = status(500);
    await expect(post('127.0.0.1')).rejects.toMatchObject({ code: 'webhook-refused', message: '500' });
    answer = status(503, { 'retry-after': '120' });
    await expect(post('127.0.0.1')).rejects.toMatchObject({ next: { retryAfterMs: 120_000 } });
    answer = status(503, { 'retry-after': new Date(NOW + 60_000).toUTCString() });
    await expect(post('127.0.0.1')).rejects.toMatchObject({ next: { retryAfterMs: 60_000 } });
    answer = status(503, { 'retry-after': '999999999' });
    await expect(post('127.0.0.1')).rejects.toMatchObject({ next: { retryAfterMs: 3_600_000 } });
    await expect(post('nowhere.invalid')).rejects.toMatchObject({ code: 'webhook-host-unknown' });
    await closeServer();
    await expect(post('127.0.0.1')).rejects.toMatchObject({ code: 'webhook-unreachable' });
  });
});

describe('an address', () => {
  const { isAllowed, isPublic } = createMayReach(['10.0.8.0/24', 'fd00:1::/32']);
  it.each(['8.8.8.8', '203.0.114.1', '2606:4700::1111', '10.0.8.7', 'fd00:1::5'])(
    '%s may be reached',
    (one) => {
      expect(isAllowed(one)).toBe(true);
    },
  );
  it.each([
    ...['10.0.9.7', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '127.8.8.8', '0.0.0.0'],
    ...['224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fc00::1', 'fd00:2::1', 'ff02::1'],
    ...['::ffff:8.8.8.8', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1', 'localhost', ''],
  ])('%s may not', (one) => {
    expect(isAllowed(one)).toBe(false);
  });
  it('that is allowed is not for that on the internet', () => {
    expect(isPublic('10.0.8.7')).toBe(false);
  });
});

describe('what waits to be told', () => {
  let store: SqliteStore;
  let dispose: () => void;
  let time: number;
  const seal = createSeal(Buffer.alloc(32, 3));
  beforeEach(async () => {
    const home = createStoreHome();
    store = home.open();
    await addSmallTown(store);
    time = NOW;
    dispose = () => {
      store.close();
      home.dispose();
    };
  });
  afterEach(() => dispose());

  let ids = 0;
  const desk = () =>
    createTargetDesk({
      ...{
        store: store.alertTargets,
        now: () => time,
        seal: async () => seal,
        canMail: true,
        holdsBack: () => false,
      },
      newId: (prefix) => `${prefix}-${++ids}`,
    });
  const gaveUp: string[] = [];
  const courier = () => {
    const send = createSendWebhook(createMayReach(['127.0.0.1']), () => time, 500);
    return createCourier({
      ...{ store: store.alertTargets, now: () => time, chance: () => 1 },
      send: (target, sealed, { id, event, body }) =>
        send({
          ...{ url: target.address, id, event, body },
          secret: seal.open(sealName(target.id), sealed as Buffer)?.toString() as string,
        }),
      gaveUp: (_target, { id }, code) => void gaveUp.push(`${id} ${code}`),
      failed(error) {
        throw error;
      },
    });
  };
  const hook = async (path: string) =>
    (
      await desk().add(BY, {
        ...{ channel: 'webhook', name: path, address: `http://127.0.0.1:${port}/${path}` },
        ...{ unitId: null, kinds: null, language: 'zh' },
      })
    ).target;
  const statesOf = async (id: string) =>
    (await desk().deliveries(1_000, id)).map(({ state, attempts, code }) => [state, attempts, code]);

  it('comes once, in order, with the secret that was told', async () => {
    const { target, secret } = await desk().add(BY, {
      ...{ channel: 'webhook', name: '值班', address: `http://127.0.0.1:${port}/` },
      ...{ unitId: 'town', kinds: ['terminal-silent'], language: 'zh' },
    });
    const sent = [await desk().test(BY, target.id), await desk().test(BY, target.id)];
    const { isDue, deliver } = courier();
    while (await isDue()) await deliver();
    expect(heard.map(({ headers }) => headers['manyi-delivery'])).toEqual(
      sent.map(({ delivery }) => delivery),
    );
    const [{ headers, body }] = heard as [Heard];
    expect(headers['manyi-signature']).toBe(
      `t=${NOW / 1_000},v1=${createHmac('sha256', secret as string)
        .update(`${NOW / 1_000}.${body}`)
        .digest('hex')}`,
    );
    expect(await statesOf(target.id)).toEqual([
      ['sent', 1, null],
      ['sent', 1, null],
    ]);
  });

  it('is tried again, later and later or when the receiver says so, by the same id, and given up in the end', async () => {
    answer = status(500);
    const { id } = await hook('a');
    const { delivery } = await desk().test(BY, id);
    const { isDue, deliver } = courier();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 15; attempt++) {
      expect(await isDue()).toBe(true);
      await deliver();
      const [target] = await store.alertTargets.targets();
      if (attempt === 14) break;
      waits.push((target?.retryAt ?? 0) - time);
      time = (target?.retryAt ?? 0) - 1;
      expect(await isDue()).toBe(false);
      time += 1;
    }
    expect(waits.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(Math.max(...waits)).toBe(3_600_000);
    expect(new Set(heard.map(({ headers }) => headers['manyi-delivery']))).toEqual(new Set([delivery]));
    expect(await statesOf(id)).toEqual([['given-up', 15, 'webhook-refused']]);
    expect(gaveUp).toEqual([`${delivery} webhook-refused`]);
    answer = status(503, { 'retry-after': '900' });
    await desk().test(BY, id);
    await deliver();
    expect((await store.alertTargets.targets())[0]?.retryAt).toBe(time + 900_000);
    answer = ok;
    time += 900_000;
    await deliver();
    expect((await statesOf(id))[0]).toEqual(['sent', 2, null]);
    expect((await store.alertTargets.targets())[0]).toMatchObject({ failures: 0, retryAt: 0 });
  });

  it('of one that stands still holds up nobody else', async () => {
    answer = (response, { path }) => {
      if (path !== '/stalls') ok(response, heard[0] as Heard);
    };
    const stalls = await hook('stalls');
    const others = [await hook('b'), await hook('c')];
    for (const { id } of [stalls, ...others]) await desk().test(BY, id);
    const { deliver, settled } = courier();
    const running = deliver();
    await until('the others', async () => {
      const states = await Promise.all(others.map(({ id }) => statesOf(id)));
      return states.every(([first]) => first?.[0] === 'sent');
    });
    await running;
    await settled();
    expect(await statesOf(stalls.id)).toEqual([['waiting', 1, 'webhook-timeout']]);
  });

  it('is bounded: the oldest are dropped, and that stands there', async () => {
    const { id, key } = await hook('full');
    const one = (number: number) => ({
      ...{ id: `ad-full-${number}`, targetKey: key, alertKey: null, event: 'test', body: '{}' },
      ...{ madeAt: time, dueAt: time },
    });
    const dropped = await store.alertTargets.change(async (tx) =>
      tx.audited(
        { by: BY, action: 'test', target: { kind: 'alerts' } },
        await tx.tell(Array.from({ length: 1_003 }, (_, number) => one(number))),
      ),
    );
    expect(dropped).toBe(3);
    const states = await store.alertTargets.deliveries(2_000);
    expect(states.filter(({ state }) => state === 'waiting')).toHaveLength(1_000);
    expect(states.slice(-3).map(({ state, code }) => [state, code])).toEqual(
      [1, 2, 3].map(() => ['dropped', 'queue-full']),
    );
    await desk().remove(BY, id);
    expect(await store.alertTargets.due(time)).toEqual([]);
    expect(await store.alertTargets.forgetDone(2)).toBe(1_001);
  });

  it('has addresses that lead somewhere, and tells the audit no secret', async () => {
    const add = (address: string) =>
      desk().add(BY, { channel: 'webhook', name: 'x', address, unitId: null, kinds: null, language: 'en' });
    for (const address of [
      'ftp://example.org',
      'https://a:b@example.org',
      'nowhere',
      'https://example.org/#x',
    ])
      await expect(add(address), address).rejects.toMatchObject({ code: 'alert-target-invalid' });
    const { target, secret } = await add('https://example.org/hook?key=of-the-receiver');
    const renewed = await desk().renewSecret(BY, target.id);
    const audit = JSON.stringify(await store.audit.entries({ limit: 100 }));
    for (const hidden of [secret, renewed.secret, 'of-the-receiver']) expect(audit).not.toContain(hidden);
    expect(audit).toContain('alert-target.renew-secret');
    await expect(desk().remove(BY, 'at-none')).rejects.toMatchObject({ code: 'alert-target-unknown' });
  });
});
