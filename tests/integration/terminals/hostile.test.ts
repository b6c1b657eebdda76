/** Peers that mean harm, or are broken, each against a real gateway: whatever they do costs only themselves. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { ScoreRow } from '../../../protocol/score.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { EPOCH, hello, vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import {
  connectPacket,
  openPlainSocket,
  openSocket,
  puback,
  publishPacket,
  signIn,
} from '../../support/raw-mqtt.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
const logins = new Map<string, TerminalLogin>();

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('hall', '政务服务大厅');
    for (const name of ['honest', 'deep', 'flood', 'queue', 'holes', 'twice', 'cloned', 'storm', 'will']) {
      org.window(`w-${name}`, 'hall', name);
      logins.set(name, org.terminal(`t-${name}`, `w-${name}`));
    }
  });
  await until('the tree to be known', async () => (await row('w-will')) !== undefined);
});
afterAll(() => gateway.dispose());

const login = (name: string) => logins.get(name) as TerminalLogin;
const row = async (id: string): Promise<ScoreRow | undefined> =>
  (await gateway.scores()).find((one) => one.id === id);
const send = (name: string, kind: string, payload: string) =>
  publish(gateway.mqttPort, login(name), `manyi/v1/t-${name}/${kind}`, payload);
const counter = async (name: string, reason: string) => {
  const text = await (await gateway.fetch('/metrics')).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name}{reason="${reason}"} `));
  return Number(line?.split(' ').at(-1) ?? 0);
};
const refused = (reason: string) => counter('manyi_mqtt_refused_total', reason);
const quarantined = (reason: string) => counter('manyi_quarantined_total', reason);

let honestVotes = 0;
/** What every attack ends with. */
const expectNeighbourUnharmed = async () => {
  honestVotes += 1;
  const begun = performance.now();
  expect((await send('honest', 'votes', votesMessage([vote(honestVotes)]))).code).toBe(0);
  expect(await row('w-honest')).toMatchObject({ votes: honestVotes });
  expect(performance.now() - begun).toBeLessThan(2_000);
};

/** Or the socket ends before: `once` of node:events would take a reset, which is what these peers get, for a failure. */
const happens = (socket: Socket, event: string) =>
  new Promise<void>((resolve) => socket.once(event, () => resolve()).once('close', () => resolve()));
const open = (name = 'will') => openSocket(gateway.mqttPort, login(name));
const signedIn = (name: string) => signIn(gateway.mqttPort, login(name));
const closed = (socket: Socket, timeoutMs = 15_000) =>
  until('the socket to be cut', () => socket.destroyed, { timeoutMs });

describe('over MQTT', () => {
  it('frames of every type, before and after signing in', async () => {
    const bodies = [[0], [2, 0, 1], [0xff, 0xff, 0xff, 0x7f], [0x80, 0x80, 0x80, 0x80], [4, 0, 9, 9, 9]];
    const sockets: Socket[] = [];
    for (let first = 0; first < 256; first += 7)
      for (const body of bodies)
        for (const before of [[], [connectPacket(login('will'))]]) {
          const socket = open();
          socket.end(Buffer.concat([...before, Buffer.from([first, ...body])]));
          sockets.push(socket.resume());
        }
    await until('all to be over', () => sockets.every((socket) => socket.destroyed));
    await expectNeighbourUnharmed();
  });

  it('a vote nested deeper than JSON can be written', async () => {
    const deep = `{"seq":1,"x":${'['.repeat(8_000)}${']'.repeat(8_000)}}`;
    const totals = '{"satisfied":1,"basically":0,"unsatisfied":0}';
    const { code } = await send('deep', 'votes', `{"epoch":"${EPOCH}","votes":[${deep}],"totals":${totals}}`);
    expect(code).toBe(0);
    expect(await quarantined('vote-invalid')).toBe(1);
    await expectNeighbourUnharmed();
  });

  it('a flood of packets that no commit holds back', async () => {
    const socket = await signedIn('flood');
    socket.write(Buffer.alloc(64 * 1024, puback(1)));
    await closed(socket);
    expect(await refused('control-flood')).toBe(1);
    await expectNeighbourUnharmed();
  });

  it('connections that say nothing, with a handshake, with half of one and with none', async () => {
    const before = { tls: await refused('tls-failed'), connect: await refused('connect-timeout') };
    const halfHello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
    const strangers: Socket[] = [];
    for (let count = 0; count < 300; count++) {
      strangers.push(openPlainSocket(gateway.mqttPort), openPlainSocket(gateway.mqttPort));
      strangers.at(-1)?.write(halfHello);
    }
    for (let count = 0; count < 50; count++) strangers.push(openSocket(gateway.mqttPort));
    // For who is cut to take notice.
    const ends = strangers.map((socket) => closed(socket.resume(), 60_000));
    await expectNeighbourUnharmed();
    // Thirty seconds for the one step and ten for the other (BrokerLimits).
    await Promise.all(ends);
    expect((await refused('tls-failed')) - before.tls).toBe(600);
    expect((await refused('connect-timeout')) - before.connect).toBe(50);
    await expectNeighbourUnharmed();
  });

  it('more messages than can wait for their turn, over connection after connection', async () => {
    const chunk = Buffer.alloc(60_000, publishPacket('a', '', 0));
    for (let turn = 0; turn < 3; turn++) {
      const socket = await signedIn('queue');
      socket.write(chunk);
      await closed(socket);
    }
    expect(await refused('message-flood')).toBeGreaterThanOrEqual(3);
    expect(await quarantined('topic-unknown')).toBeLessThan(1_000);
    await expectNeighbourUnharmed();
  });

  it('sequence numbers that leave ever more holes, and then a journal without them', async () => {
    let next = 98;
    const scattered = () => {
      next += 2 * 63;
      return Array.from({ length: 63 }, (_, index) => vote(next - 2 * (62 - index)));
    };
    const socket = await signedIn('holes');
    const deliver = async (payload: string, kind = 'votes') => {
      socket.write(publishPacket(`manyi/v1/t-holes/${kind}`, payload, 1));
      await once(socket, 'data');
    };
    for (let first = 1; first <= 17; first++) await deliver(votesMessage([vote(first), ...scattered()]));
    const full = (await row('w-holes'))?.votes as number;
    expect(full).toBe(17 * 64);
    // The first hole may be filled, but not opened elsewhere at the same time.
    for (let first = 18; first <= 20; first++) await deliver(votesMessage([vote(first), ...scattered()]));
    expect(await row('w-holes')).toMatchObject({ votes: full + 3 });
    await deliver(votesMessage(scattered()));
    expect(await quarantined('gap-limit')).toBe(1);
    await deliver(hello(4_001, 4_000), 'hello');
    const lost = 4_000 - (full + 3);
    expect(await row('w-holes')).toMatchObject({ completeness: { state: 'lost', lost, pending: 0 } });
    socket.destroy();
    await expectNeighbourUnharmed();
  });

  it('a bad vote that comes thrice at once, and then well, is one number', async () => {
    const bad = votesMessage([vote(1, 'great' as 'satisfied')], { satisfied: 3 });
    const socket = await signedIn('twice');
    const packet = publishPacket('manyi/v1/t-twice/votes', bad, 1);
    socket.write(Buffer.concat([packet, packet, packet]));
    const pending = { completeness: { state: 'pending', pending: 2, lost: 0 } };
    await until('the votes to be set aside', async () => (await quarantined('rating-unknown')) > 0);
    expect(await row('w-twice')).toMatchObject({
      votes: 0,
      completeness: { state: 'held', held: 1, pending: 2, lost: 0 },
    });
    socket.destroy();
    await send('twice', 'votes', votesMessage([vote(1)], { satisfied: 3 }));
    expect(await row('w-twice')).toMatchObject({ votes: 1, ...pending });
    await gateway.kill();
    await gateway.start();
    expect(await row('w-twice')).toMatchObject({ votes: 1, completeness: { lost: 0 } });
    await expectNeighbourUnharmed();
  });

  it('a cloned card that sends other votes under the same numbers', async () => {
    const votes = (boot: string) =>
      votesMessage(Array.from({ length: 64 }, (_, index) => vote(index + 1, 'satisfied', { boot })));
    await send('cloned', 'votes', votes('first'));
    for (let copy = 0; copy < 8; copy++) await send('cloned', 'votes', votes(`copy-${copy}`));
    expect(await quarantined('identity-conflict')).toBe(8 * 64);
    expect(await row('w-cloned')).toMatchObject({ votes: 64 });
    const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
    const setAside = await store.votes.setAside(10_000);
    const kept = setAside.filter(({ reason }) => reason === 'identity-conflict').length;
    store.close();
    expect(kept).toBeGreaterThanOrEqual(256);
    expect(kept).toBeLessThan(300);
    expect(gateway.log().match(/cloned card/g)?.length).toBeLessThanOrEqual(11);
    await expectNeighbourUnharmed();
  });

  it('a storm of takeovers leaves no ghost that is shown as online', async () => {
    for (let round = 0; round < 40; round++) {
      const sockets = Array.from({ length: 6 }, () => open('storm'));
      const greeted = sockets.map((socket) => happens(socket, 'secureConnect'));
      const over = sockets.map((socket) => happens(socket, 'close'));
      const packet = connectPacket(login('storm'), { topic: 'manyi/v1/t-storm/status', payload: '{}' });
      for (const [at, socket] of sockets.entries()) {
        socket.resume().end(packet);
        if (round % 4 === 0) await greeted[at];
      }
      await Promise.all(over);
    }
    await until('it to be offline', async () => (await row('w-storm'))?.terminals.online === 0);
    await expectNeighbourUnharmed();
  });

  it('wills on topics of others, of the gateway, and of no kind', async () => {
    const topics = ['manyi/v1/gateway/status', 'manyi/v1/t-honest/votes', '$SYS/x', 'a/+/#', 'a\u0000b'];
    const before = await quarantined('topic-unknown');
    for (const topic of topics) {
      const socket = open();
      socket.write(connectPacket(login('will'), { topic, payload: votesMessage([vote(1)]) }));
      await new Promise((resolve) => socket.once('data', resolve));
      socket.destroy();
      await closed(socket);
    }
    await until(
      'all wills to be set aside',
      async () => (await quarantined('topic-unknown')) >= before + topics.length,
    );
    await expectNeighbourUnharmed();
  });
});

describe('over HTTP', () => {
  it('addresses and requests that are none are refused in the form of every refusal', async () => {
    const answer = (text: string) =>
      new Promise<string>((resolve) => {
        let got = '';
        const socket = openPlainSocket(gateway.httpPort);
        socket.on('data', (data) => {
          got += String(data);
        });
        socket.once('close', () => resolve(got));
        socket.end(text);
      });
    const address = await fetch(`${gateway.httpUrl}/%zz`);
    expect(await address.json()).toMatchObject({ error: { code: 'request-invalid' } });
    expect(await answer('GARBAGE\r\n\r\n')).toContain('"code":"request-invalid"');
    const large = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await answer(large)).toMatch(/^HTTP\/1.1 431 [\s\S]*"code":"request-invalid"/);
    await expectNeighbourUnharmed();
  });

  it('exports that are broken off give their places back', async () => {
    const all = '/api/v1/votes?from=0&to=9000000000000';
    const { cookie } = await gateway.headers();
    for (let turn = 0; turn < 12; turn++) {
      const socket = openPlainSocket(gateway.httpPort);
      socket.write(`GET ${all} HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
      await new Promise((resolve) => socket.once('data', resolve));
      socket.resetAndDestroy();
    }
    await until('a free place', async () => (await gateway.fetch(all)).ok);
    expect((await gateway.fetch(all, { method: 'HEAD' })).status).toBe(404);
    await expectNeighbourUnharmed();
  });

  it('a tree that changes just before a new terminal signs in is on every wall', async () => {
    const live = await listenLive(gateway);
    await live.snapshot();
    await gateway.add((org) => {
      org.window('w-new', 'hall', '新窗口');
      org.window('w-silent', 'hall', '无终端的窗口');
      logins.set('new', org.terminal('t-new', 'w-new'));
    });
    await send('new', 'votes', votesMessage([vote(1)]));
    await until('the window without a terminal', () => live.window('w-silent'));
    live.close();
    await expectNeighbourUnharmed();
  });
});

describe('to the process', () => {
  it('a second gateway on the same data is refused', async () => {
    await expect(startGateway({ dataDir: gateway.dataDir })).rejects.toThrow(/data-in-use/);
    await expectNeighbourUnharmed();
  });

  it('refused upgrades whose peers keep their end open do not hold up the stop', async () => {
    const upgrade = (path: string, more = '') => {
      const socket = connect({ port: gateway.httpPort, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => {}).resume();
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`,
      );
      return new Promise((resolve) => socket.once('end', () => resolve(socket)));
    };
    await Promise.all([upgrade('/elsewhere'), upgrade('/api/v1/live', 'Origin: http://evil.example\r\n')]);
    await expectNeighbourUnharmed();
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    await expectNeighbourUnharmed();
  });
});
