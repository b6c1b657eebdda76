import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Arrivals, createArrivals } from '../../../gateway/mqtt/arrivals.ts';
import { until } from '../../support/wait.ts';

/** How many handshakes are begun and not yet ended: arrivals.ts. */
const AT_ONCE = 64;
const SILENCE_MS = 700;

let server: Server;
let arrivals: Arrivals;
let arrived: number;
let refused: number;
let clients: Socket[];
/** What each had said when its handshake began, in order; and by whom, for ending it. */
let begun: { said: string; address: string }[];

/** Long enough for a busy machine to look in between. */
const start = (patienceMs: number) =>
  createArrivals({
    silenceMs: SILENCE_MS,
    patienceMs,
    progressed: () => {},
    refused: () => {
      refused += 1;
    },
    begin(socket) {
      begun.push({ said: String(socket.read()), address: addressOf(socket) });
    },
  });

beforeEach(async () => {
  [arrived, refused, clients, begun] = [0, 0, [], []];
  arrivals = start(500);
  server = createServer((socket) => {
    arrived += 1;
    arrivals.add(addressOf(socket), socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of clients) client.destroy();
  server.close();
});

const addressOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
const said = () => begun.map((one) => one.said);
const isClosed = (client: Socket) => client.closed;

async function come(count: number, localAddress = '127.0.0.1'): Promise<Socket[]> {
  const { port } = server.address() as AddressInfo;
  const coming = Array.from({ length: count }, () =>
    connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {}),
  );
  clients.push(...coming);
  const all = clients.length;
  await until('all to be there', () => arrived === all);
  return coming.map((client) => client.resume());
}

/** In one turn of the event loop, so that none can be begun in between. */
function speak(speakers: Socket[], from = 0): string[] {
  const words = speakers.map((_, at) => `hello ${from + at}`);
  for (const [at, word] of words.entries()) speakers[at]?.write(word);
  return words;
}

describe('connections that wait for their handshake', () => {
  it('begin in the order of their first words, with what they said', async () => {
    const coming = await come(20);
    const words: string[] = [];
    for (const [at, client] of coming.reverse().entries()) {
      words.push(...speak([client], at));
      await until('it to be begun', () => begun.length === at + 1, { everyMs: 2 });
      arrivals.ended(begun.at(-1)?.address ?? '');
    }
    expect(said()).toEqual(words);
  });

  it('are so many at once and no more, until one has ended or has taken too long', async () => {
    arrivals = start(3_000);
    const coming = await come(3 * AT_ONCE);
    speak(coming);
    await until('the first to be begun', () => begun.length >= AT_ONCE);
    // The event loop turns, and nothing more begins in it.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(begun.length).toBe(AT_ONCE);
    for (const { address } of begun.slice(0, 10)) arrivals.ended(address);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(begun.length).toBe(AT_ONCE + 10);
    // Nobody ends any: their places are taken all the same, and each begins once.
    await until('all to be begun', () => begun.length === coming.length);
    expect(new Set(said()).size).toBe(coming.length);
    expect(refused).toBe(0);
  });

  // All of 127/8 is this machine only on Linux.
  it.runIf(process.platform === 'linux')('take turns by host, however many one host has', async () => {
    const crowd = await come(4 * AT_ONCE, '127.0.0.2');
    const [early, late] = await come(2);
    speak(crowd);
    await until('the first to be begun', () => begun.length === AT_ONCE);
    speak([early as Socket, late as Socket], 1_000);
    await until('both to be begun', () => said().includes('hello 1001'));
    expect(said().indexOf('hello 1000')).toBeLessThan(said().indexOf('hello 1001'));
    await until('all to be begun', () => begun.length === crowd.length + 2);
    // Sixty-four places come free at once; by then both have spoken, and one host has every other turn.
    expect(said().indexOf('hello 1001')).toBeLessThan(2 * AT_ONCE);
  });

  it('do not begin when they have gone meanwhile', async () => {
    const coming = await come(2 * AT_ONCE + 1);
    const leaving = coming.slice(AT_ONCE, -1);
    speak(coming.slice(0, AT_ONCE));
    await until('the first to be begun', () => begun.length === AT_ONCE);
    // Closed in good order: the end comes behind the word.
    for (const client of leaving) client.end('hello, and goodbye');
    await until('them to be gone', () => leaving.every(isClosed));
    speak(coming.slice(-1), 1_000);
    await until('the one that stays to be begun', () => said().includes('hello 1000'));
    // Some may have begun before their end came.
    expect(begun.length).toBeLessThan(coming.length);
  });

  it('never begin without a word, and are cut in the end', async () => {
    const silent = await come(AT_ONCE + 1);
    const [speaker] = await come(1);
    speak([speaker as Socket]);
    await until('the one that speaks to be begun', () => begun.length === 1);
    await until('the silent to be cut', () => silent.every(isClosed));
    expect(refused).toBe(silent.length);
    expect(isClosed(speaker as Socket)).toBe(false);
  });

  it('are cut when they say more than a hello before they are answered', async () => {
    const [talker, ...crowd] = (await come(AT_ONCE + 1)).reverse();
    speak(crowd);
    await until('all places to be taken', () => begun.length === AT_ONCE);
    talker?.write(Buffer.alloc(100_000, 'x'));
    await until('it to be cut or begun', () => isClosed(talker as Socket) || begun.length > AT_ONCE);
    if (begun.length > AT_ONCE) expect(begun.at(-1)?.said.length).toBeLessThanOrEqual(16 * 1024);
    else expect(refused).toBe(1);
  });
});
