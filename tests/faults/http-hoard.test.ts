/** Somebody on the network who opens every connection the gateway takes over HTTP, and says little or nothing. Promise D. */
import { get } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { listenLive } from '../support/live-client.ts';
import { openPlainSocket } from '../support/raw-mqtt.ts';
import { until } from '../support/wait.ts';

/** More than the gateway takes. */
const SOCKETS = 2_200;

let gateway: TestGateway;
let sockets: Socket[];

beforeEach(async () => {
  gateway = await startGateway();
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await gateway.dispose();
});

async function hoard(first: string): Promise<void> {
  sockets = Array.from({ length: SOCKETS }, () => {
    const socket = openPlainSocket(gateway.httpPort);
    socket.write(first);
    return socket;
  });
  await until('all to be connected or refused', () =>
    sockets.every(({ connecting, destroyed }) => !connecting || destroyed),
  );
}

/** Over a connection of its own: the ones that `fetch` keeps have made way for the hoard. @returns the answer's status. */
async function askAnew(path: string): Promise<number | undefined> {
  const headers = await gateway.headers();
  return new Promise((resolve, reject) => {
    get(gateway.httpUrl + path, { agent: false, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
}

it.each([
  ['half a request line', 'GET /healthz HT'],
  [
    'half a body',
    'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{',
  ],
  ['one request, and then no more', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
])(
  'with %s: people and walls come in all the same, and those that are there stay',
  async (_what, first) => {
    const wall = await listenLive(gateway);
    await wall.snapshot();
    await hoard(first);
    for (let turn = 0; turn < 5; turn++) expect(await askAnew('/api/v1/session')).toBe(200);
    const another = await listenLive(gateway);
    await another.snapshot();
    expect(wall.socket.readyState).toBe(wall.socket.OPEN);
    another.close();
    wall.close();
  },
  60_000,
);
