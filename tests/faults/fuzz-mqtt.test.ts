/**
 * Bytes that are no MQTT, or nearly MQTT, before and after signing in: the gateway lives, its memory stays bounded, every
 * refusal is counted, and the terminal next to it notices nothing. Promises B and D.
 */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createSwarm, type SwarmTerminal } from '../support/agent-swarm.ts';
import type { TerminalLogin } from '../support/gateway.ts';
import { INSPECTED, inspect } from '../support/inspector.ts';
import { hello, vote, votesMessage } from '../support/messages.ts';
import { readMetrics } from '../support/metrics.ts';
import { connectPacket, openSocket, publishPacket, signIn, subscribePacket } from '../support/raw-mqtt.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import { until } from '../support/wait.ts';
import { spread, tellFigure } from './figures.ts';
import { BYTE_MUTATIONS, type Mutation } from './mutations.ts';
import { type Random, scaled, seededRandom } from './seed.ts';
import { numbered, startTown, type Town, timePressesToWall } from './town.ts';

const LANES = 12;
const MB = 2 ** 20;
/** An answer to a stream that the gateway has taken whole comes long before this. */
const QUIET_MS = 60;
const PINGREQ = Buffer.from([0xc0, 0]);

/** What an honest terminal would send, packet by packet. */
function honestStream({ id }: TerminalLogin): Buffer[] {
  const topic = (kind: string) => `manyi/v1/${id}/${kind}`;
  return [
    subscribePacket([topic('ack'), topic('config'), 'manyi/v1/gateway/status']),
    publishPacket(topic('status'), '{"online":true,"connection":"one"}', 1),
    publishPacket(topic('hello'), hello(1, 2), 1),
    publishPacket(topic('votes'), votesMessage([vote(1), vote(2, 'unsatisfied')]), 1),
    publishPacket(topic('votes'), votesMessage([vote(3)]), 0),
    publishPacket(topic('health'), '{"uptimeS":1}', 0),
    publishPacket('manyi/v1/t-honest/votes', votesMessage([vote(1)]), 1),
    PINGREQ,
  ];
}

const EVIL_TOPICS = [
  '#',
  '+/+',
  '$SYS/broker',
  '',
  'a\u0000b',
  '\ud800',
  'x'.repeat(5_000),
  'manyi/v1//votes',
];
const EVIL_PAYLOADS = [
  '',
  '[]',
  'null',
  '{"epoch":',
  '"\\ud800"',
  '[['.repeat(4_000),
  '1e999',
  '{"__proto__":{}}',
];

const MUTATIONS: Mutation[] = [
  ...BYTE_MUTATIONS,
  function changeFirstByte(bytes, random) {
    return Buffer.concat([Buffer.from([random.between(0, 255)]), bytes.subarray(1)]);
  },
  function claimAnotherLength(bytes, random) {
    const lengths = [
      [0],
      [1],
      [0x7f],
      [0x80],
      [0xff, 0x7f],
      [0xff, 0xff, 0xff, 0x7f],
      [0xff, 0xff, 0xff, 0xff, 0x7f],
    ];
    return Buffer.concat([bytes.subarray(0, 1), Buffer.from(random.pick(lengths)), bytes.subarray(2)]);
  },
  function evilPublish(_, random) {
    return publishPacket(random.pick(EVIL_TOPICS), random.pick(EVIL_PAYLOADS), random.pick([0, 1]));
  },
  function evilBody(_, random) {
    return Buffer.concat([Buffer.from([random.between(0, 255)]), random.bytes(random.between(0, 200))]);
  },
  function tooLarge(_, random) {
    return publishPacket('a/b', 'x'.repeat(random.between(16_000, 60_000)), 1);
  },
];

function mutate(packets: Buffer[], random: Random): Buffer {
  const at = random.between(0, packets.length - 1);
  const stream = random.chance(0.3) ? random.shuffle(packets) : [...packets];
  for (let count = random.between(1, 3); count > 0; count--)
    stream[at] = random.pick(MUTATIONS)(stream[at] as Buffer, random);
  return Buffer.concat(stream);
}

type Ending = 'cut' | 'left';

/** Sends in pieces of any size; then hears the gateway out for a moment before it leaves. */
async function deliver(socket: Socket, bytes: Buffer, random: Random): Promise<Ending> {
  socket.on('error', () => {}).resume();
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (let at = 0; at < bytes.length && !socket.destroyed; ) {
    const piece = random.chance(0.5) ? bytes.length : random.between(1, 500);
    socket.write(bytes.subarray(at, at + piece));
    at += piece;
    if (random.chance(0.3)) await new Promise(setImmediate);
  }
  const quiet = new Promise<Ending>((resolve) => setTimeout(resolve, QUIET_MS, 'left'));
  const ending = await Promise.race([ended.then((): Ending => 'cut'), quiet]);
  if (ending === 'left') socket.destroy();
  await ended;
  return ending;
}

async function startNeighbour(town: Town): Promise<SwarmTerminal & { stop(): Promise<void> }> {
  const swarm = createSwarm({
    logins: [town.login('honest')],
    port: () => town.gateway.mqttPort,
    folder: town.folder,
  });
  await swarm.start();
  const [terminal] = swarm.terminals as [SwarmTerminal];
  await until('the neighbour to be connected', () => terminal.isUp());
  return Object.assign(terminal, { stop: () => swarm.stop() });
}

describe('a fuzzer on the MQTT port', () => {
  it('breaks nothing with mutated streams, before and after signing in', async () => {
    const town = await startTown([...numbered(LANES), 'honest'], { env: INSPECTED });
    const neighbour = await startNeighbour(town);
    const residentMb = async () => (await readMetrics(town.gateway)).of('process_resident_memory_bytes') / MB;
    const inspector = await inspect(town.gateway.log);
    const silent = Array.from({ length: 20 }, () => openSocket(town.gateway.mqttPort));
    const streams = { cut: 0, left: 0 };

    const lane = async (login: TerminalLogin, count: number) => {
      const random = seededRandom(`fuzz mqtt ${login.id}`);
      for (let stream = 0; stream < count; stream++) {
        const honest = honestStream(login);
        if (random.chance(0.4)) {
          const bytes = mutate([connectPacket(login), ...honest], random);
          streams[await deliver(openSocket(town.gateway.mqttPort, login), bytes, random)] += 1;
        } else {
          const socket = await signIn(town.gateway.mqttPort, login);
          streams[await deliver(socket, mutate(honest, random), random)] += 1;
        }
      }
    };
    const fuzz = (count: number) =>
      Promise.all(town.logins.slice(0, LANES).map((login) => lane(login, count)));
    await fuzz(scaled(5, 50));
    const heapBefore = await inspector.heapUsed();
    const [times] = await Promise.all([
      timePressesToWall(town.gateway, 'w-honest', () => neighbour.press('satisfied'), scaled(20, 500)),
      fuzz(scaled(40, 4_000)),
    ]);
    // What waits for its turn (at most a thousand messages a terminal) has had it after 20 s: the rest would be a leak.
    const growthMb = async () => ((await inspector.heapUsed()) - heapBefore) / MB;
    const atOnceMb = await growthMb();
    const grownMb = await until(
      'the heap to be what it was',
      async () => {
        const grown = await growthMb();
        if (grown > 10) throw new Error(`${grown.toFixed(1)} MB more`);
        return grown;
      },
      { timeoutMs: 45_000, everyMs: 1_000 },
    );
    inspector.close();
    const refused = (await readMetrics(town.gateway)).sum('manyi_mqtt_refused_total');
    tellFigure(
      `${streams.cut + streams.left} streams, ${streams.cut} cut by the gateway, ${refused} refusals counted; neighbour: ${spread(times)}; heap after collection ${atOnceMb.toFixed(1)} MB more at once, ${grownMb.toFixed(1)} MB later, resident ${(await residentMb()).toFixed(0)} MB`,
    );
    expect(streams.cut).toBeGreaterThan(LANES);
    // A DISCONNECT that came out of a mutation ends a connection too, and is no refusal: there are few of them.
    expect(refused).toBeGreaterThan(0.9 * streams.cut);
    expect(await residentMb()).toBeLessThan(1_000);
    expect(Math.max(...times)).toBeLessThan(3_000);

    await until('those that said nothing to be cut', () => silent.every((socket) => socket.destroyed), {
      timeoutMs: 25_000,
    });
    expect(
      (await readMetrics(town.gateway)).of('manyi_mqtt_refused_total', { reason: 'connect-timeout' }),
    ).toBeGreaterThanOrEqual(silent.length);
    await expectStoredEqualsThanked(town.gateway, [neighbour]);
    await expectScoresEqualRecount(town.gateway);
    expect(neighbour.lastDownMs()).toBeNull();
    await neighbour.stop();
    // Alive to the end: it stops in order.
    expect(await town.gateway.stop()).toBe(0);
  });

  it('has each kind of refusal counted', async () => {
    const town = await startTown(['one', 'honest']);
    const login = town.login('one');
    const topic = 'manyi/v1/t-one/votes';
    const withQos3 = publishPacket(topic, '{}', 1);
    withQos3[0] = 0x36;
    const stranger = { ...login, id: 't-stranger', password: 'wrong' };
    const version5 = connectPacket(login);
    version5[8] = 5;
    const before: Record<string, Buffer> = {
      'no CONNECT first': publishPacket(topic, '{}', 1),
      'a packet too large': Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]),
      'a length without end': Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      'MQTT 5': version5,
      'a stranger': connectPacket(stranger),
      HTTP: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    };
    const after: Record<string, Buffer> = {
      'QoS 3': withQos3,
      'a second CONNECT': connectPacket(login),
      'a packet of type 0': Buffer.from([0x00, 0x00]),
      'a packet too large': publishPacket(topic, 'x'.repeat(20_000), 1),
      'a topic with wildcards': publishPacket('manyi/v1/#', '{}', 1),
      'a subscription to another terminal': subscribePacket(['manyi/v1/t-honest/ack']),
      'a subscription to everything': subscribePacket(['#']),
      'an empty subscription': Buffer.from([0x82, 2, 0, 1]),
    };
    const refused = async () => {
      const metrics = await readMetrics(town.gateway);
      return metrics.sum('manyi_mqtt_refused_total') + metrics.sum('manyi_quarantined_total');
    };
    const expectCounted = async (name: string, open: () => Promise<Socket>, bytes: Buffer) => {
      const counted = await refused();
      const socket = await open();
      socket.resume().write(bytes);
      await until(`${name} to be counted`, async () => (await refused()) > counted);
      socket.destroy();
    };
    for (const [name, bytes] of Object.entries(before))
      await expectCounted(
        `${name}, before signing in,`,
        async () => openSocket(town.gateway.mqttPort),
        bytes,
      );
    for (const [name, bytes] of Object.entries(after))
      await expectCounted(`${name}, after signing in,`, () => signIn(town.gateway.mqttPort, login), bytes);
    await expectScoresEqualRecount(town.gateway);
    expect(await town.gateway.stop()).toBe(0);
  });
});
