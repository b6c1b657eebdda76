/** An upgrade is answered when it is known who asks; until then, everything may happen to its socket and to the gateway. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createBasePath } from '../../../gateway/api/border/base-path.ts';
import { createCookies } from '../../../gateway/api/border/cookies.ts';
import { takeUpgrades } from '../../../gateway/api/live/upgrade.ts';
import type { Principal } from '../../../gateway/domain/principal.ts';
import type { Hub, Visitor } from '../../../gateway/live/hub.ts';
import { StoreFailure } from '../../../gateway/store/failures.ts';
import { until } from '../../support/wait.ts';

const WALL: Principal = {
  ...{ kind: 'link', id: 'l-1', name: '墙', standing: 'wall', unitId: null },
};

let server: Server;
let asked: { tell(principal: Principal | null): void; fail(error: Error): void }[];
let accepted: Visitor[];
let refused: string[];
let used: Principal[];
const rejections: unknown[] = [];
const remember = (error: unknown) => void rejections.push(error);

beforeEach(async () => {
  [asked, accepted, refused, used] = [[], [], [], []];
  rejections.length = 0;
  process.on('unhandledRejection', remember);
  server = createServer();
  const callerOf = () => ({ address: '127.0.0.1', host: 'here', secure: false }) as never;
  const hub = {
    accept(_request: IncomingMessage, socket: { destroyed: boolean }, _head: Buffer, visitor: Visitor) {
      if (!socket.destroyed) accepted.push(visitor);
      return true;
    },
  } as unknown as Hub;
  takeUpgrades(server, {
    hub,
    signIn: {
      identify: () => new Promise((tell, fail) => void asked.push({ tell, fail })),
    } as never,
    used: (principal) => void used.push(principal),
    refused: (code) => void refused.push(code),
    allowedOrigins: [],
    callerOf,
    cookies: createCookies(callerOf, '', Date.now),
    base: createBasePath(''),
    connections: { engaged: () => {}, released: () => {} },
    holdsBack: () => false,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  process.off('unhandledRejection', remember);
  server.closeAllConnections();
  server.close();
  expect(rejections).toEqual([]);
});

const portOf = () => (server.address() as AddressInfo).port;
const listen = () => {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf()}/api/v1/live`, {
    headers: { authorization: 'Bearer manyi_l_x' },
  });
  const answer = new Promise<string>((resolve) => {
    socket.on('unexpected-response', async (_request, response) => {
      let body = '';
      for await (const part of response) body += String(part);
      resolve(`${response.statusCode} ${JSON.parse(body).error.code}`);
    });
    socket.on('error', () => resolve('cut'));
  });
  return { socket, answer };
};
const question = async () => {
  await until('the question', () => asked.length === 1);
  return asked[0] as (typeof asked)[number];
};

describe('an upgrade', () => {
  it('is refused with a code when nobody is known by its token, or it cannot be looked up', async () => {
    const { answer } = listen();
    (await question()).tell(null);
    expect(await answer).toBe('401 sign-in-required');
    asked = [];
    const second = listen();
    (await question()).fail(new StoreFailure('storage-io', 'x'));
    expect(await second.answer).toBe('503 storage-failed');
    asked = [];
    // Not of the storage either: it is said, and ends nothing.
    const third = listen();
    (await question()).fail(new TypeError('x'));
    expect(await third.answer).toBe('503 storage-failed');
    expect([refused, accepted, used]).toEqual([
      ['sign-in-required', 'storage-failed', 'storage-failed'],
      [],
      [],
    ]);
  });

  it.each([
    ['known', (one: (typeof asked)[number]) => one.tell(WALL)],
    ['unknown', (one: (typeof asked)[number]) => one.tell(null)],
    ['not to be looked up', (one: (typeof asked)[number]) => one.fail(new StoreFailure('storage-io', 'x'))],
  ])('whose sender is gone before it is %s ends nothing, and lets nobody in', async (_what, tell) => {
    const socket = connect(portOf(), '127.0.0.1');
    const gone = new Promise<void>((resolve) => {
      server.once('upgrade', (_request, upgraded) => upgraded.once('close', () => resolve()));
    });
    socket.write(
      'GET /api/v1/live HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Authorization: Bearer manyi_l_x\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const one = await question();
    socket.resetAndDestroy();
    await gone;
    tell(one);
    await new Promise((resolve) => void setImmediate(resolve));
    expect(accepted).toEqual([]);
  });
});
