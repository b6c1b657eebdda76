/** What every adapter of the broker's port must do, as terminals see it on the wire. Promises A, B and D. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GATEWAY_STATUS_TOPIC, topicOf } from '../../protocol/topics.ts';
import {
  BROKER_ADAPTERS,
  type BrokerHome,
  type BrokerOptions,
  CROWD,
  PROXY_HEADER,
  type TestBroker,
} from '../support/broker-home.ts';
import {
  CONNACK,
  DISCONNECT,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  readPublish,
  SUBACK,
  type Wire,
} from '../support/mqtt-wire.ts';
import { connectPacket, publishPacket, pubrel, subscribePacket } from '../support/raw-mqtt.ts';
import { until } from '../support/wait.ts';

const VOTES = topicOf('t-1', 'votes');
const HELLO = topicOf('t-1', 'hello');
const ACK = topicOf('t-1', 'ack');
const STATUS = topicOf('t-1', 'status');
const WILL = { topic: STATUS, payload: '{"online":false}' };
const REFUSED_SUBSCRIPTION = 0x80;

const vote = (packetId: number, payload = String(packetId)) => publishPacket(VOTES, payload, 1, { packetId });
const idsOf = (wire: Wire) => wire.of(PUBACK).map(({ id }) => id);
const received = (wire: Wire) => wire.of(PUBLISH).map(readPublish);
const granted = async (wire: Wire, topics: string[], packetId = 1) => {
  wire.send(subscribePacket(topics, packetId));
  const answer = await until('the SUBACK', () => wire.of(SUBACK).find(({ id }) => id === packetId));
  return [...answer.body.subarray(2)];
};
describe.each(BROKER_ADAPTERS)('the broker, $name', ({ open: openHome, readsProxyHeader }) => {
  let home: BrokerHome;
  let door: TestBroker;
  const start = async (options: BrokerOptions = {}) => {
    door = await home.start(options);
    return door;
  };
  const texts = () => door.heard.map(({ text }) => text);
  const heard = (count: number) =>
    until(`${count} messages`, () => (door.heard.length >= count ? door.heard : null));
  const event = (begin: string) => until(begin, () => door.events.find((one) => one.startsWith(begin)));

  beforeAll(async () => {
    home = await openHome();
  });
  afterEach(() => home.stop());
  afterAll(() => home.dispose());

  describe('a message', () => {
    it.each([
      ['of votes', VOTES],
      ['of another kind', HELLO],
    ])('%s is acknowledged when it is done, and not before', async (_what, topic) => {
      const { signIn, whenHeard } = await start();
      whenHeard.take = null;
      const terminal = await signIn('t-1');
      terminal.send(publishPacket(topic, 'one', 1, { packetId: 0x1234 }));
      const [message] = await heard(1);
      expect(message).toMatchObject({
        ...{ terminalId: 't-1', topic, text: 'one', connection: terminal.connection, code: null },
        address: '127.0.0.1',
      });
      expect(message?.isOpen()).toBe(true);
      await terminal.ping();
      expect(idsOf(terminal)).toEqual([]);
      message?.done();
      await terminal.until(PUBACK);
      expect(idsOf(terminal)).toEqual([0x1234]);
    });

    it.each([
      ['of votes', VOTES],
      ['of another kind', HELLO],
    ])(
      '%s that fails cuts its connection; it is not acknowledged, nor what came with it',
      async (_what, topic) => {
        const { signIn, whenHeard, refused } = await start();
        whenHeard.take = null;
        const terminal = await signIn('t-1');
        const other = await signIn('t-2');
        terminal.send(...[1, 2, 3].map((packetId) => publishPacket(topic, 'x', 1, { packetId })));
        const [first, second] = await heard(3);
        first?.done();
        second?.done(Object.assign(new Error('no'), { code: 'storage-full' }));
        await terminal.over();
        expect(idsOf(terminal)).not.toContain(2);
        expect(idsOf(terminal)).not.toContain(3);
        expect(refused('storage-full')).toBe(1);
        // Late answers, to a connection that is not there any more.
        for (const { done } of door.heard) done();
        await other.ping();
        expect(door.broker.connections()).toBe(1);
      },
    );

    it('follows the one before it, whatever their kinds and however they are cut', async () => {
      const { signIn } = await start();
      const terminal = await signIn('t-1');
      const packets = Array.from({ length: 400 }, (_, at) =>
        publishPacket(
          at % 5 === 0 ? HELLO : at % 7 === 0 ? topicOf('t-1', 'health') : VOTES,
          String(at),
          at % 7 === 0 ? 0 : 1,
          {
            packetId: at + 1,
          },
        ),
      );
      const stream = Buffer.concat(packets);
      for (let at = 0, size = 1; at < stream.length; at += size, size = (size * 7 + 3) % 613) {
        terminal.send(stream.subarray(at, at + size));
        await new Promise(setImmediate);
      }
      await heard(400);
      expect(texts()).toEqual(packets.map((_, at) => String(at)));
      const acknowledged = packets.map((_, at) => at).filter((at) => at % 7 !== 0);
      await terminal.until(PUBACK, acknowledged.length);
      expect(idsOf(terminal)).toEqual(acknowledged.map((at) => at + 1));
    });

    it('that comes with its CONNECT waits until that is answered', async () => {
      const { open } = await start();
      const terminal = open('t-1');
      terminal.send(
        connectPacket({ id: 't-1' }),
        vote(1),
        publishPacket(HELLO, 'hello', 1, { packetId: 2 }),
        vote(3),
      );
      await terminal.until(PUBACK, 3);
      expect(texts()).toEqual(['1', 'hello', '3']);
      expect(door.heard.every(({ connection }) => connection !== null)).toBe(true);
    });

    it('with QoS 0 is taken and not acknowledged; one with QoS 2 is received, and released by its number', async () => {
      const { signIn } = await start();
      const terminal = await signIn('t-1');
      terminal.send(publishPacket(VOTES, 'zero', 0));
      await heard(1);
      terminal.send(publishPacket(VOTES, 'two', 2, { packetId: 7 }));
      await terminal.until(PUBREC);
      terminal.send(publishPacket(VOTES, 'two', 2, { packetId: 7 }));
      await terminal.until(PUBREC, 2);
      for (const times of [1, 2]) {
        terminal.send(pubrel(7));
        await terminal.until(PUBCOMP, times);
      }
      expect(idsOf(terminal)).toEqual([]);
      // Released, its number is a new message's.
      terminal.send(publishPacket(VOTES, 'three', 2, { packetId: 7 }));
      await terminal.until(PUBREC, 3);
      const again = await signIn('t-1');
      again.send(publishPacket(VOTES, 'four', 2, { packetId: 7 }));
      await again.until(PUBREC);
      // That the second is the same vote as the first, its identity says.
      expect(texts()).toEqual(['zero', 'two', 'two', 'three', 'four']);
    });

    it('with no topic that can be one cuts the connection', async () => {
      const { signIn } = await start();
      for (const topic of ['', 'manyi/v1/#', 'manyi/+/t-1/votes', `a${'/b'.repeat(200)}`]) {
        const terminal = await signIn('t-1');
        terminal.send(publishPacket(topic, 'x', 1));
        await terminal.over();
      }
      expect(texts()).toEqual([]);
      expect(door.refused('topic-malformed')).toBe(4);
    });
  });

  describe('what the gateway publishes', () => {
    it('reaches who has subscribed, and whoever comes later when it is retained', async () => {
      const { broker, signIn } = await start();
      const early = await signIn('t-1');
      expect(await granted(early, [GATEWAY_STATUS_TOPIC, ACK])).toEqual([1, 1]);
      broker.publish(GATEWAY_STATUS_TOPIC, 'on', { qos: 1, retain: true });
      broker.publish(ACK, 'acked', { qos: 1, retain: false });
      await early.until(PUBLISH, 2);
      // In no order: they are on different topics.
      expect(received(early)).toHaveLength(2);
      expect(received(early)).toEqual(
        expect.arrayContaining([
          { topic: GATEWAY_STATUS_TOPIC, payload: 'on', qos: 1, retain: false },
          { topic: ACK, payload: 'acked', qos: 1, retain: false },
        ]),
      );
      broker.publish(topicOf('t-2', 'ack'), 'nobody is there', { qos: 1, retain: false });
      const late = await signIn('t-2');
      await granted(late, [GATEWAY_STATUS_TOPIC, topicOf('t-2', 'ack')]);
      await late.until(PUBLISH);
      await late.ping();
      expect(received(late)).toEqual([{ topic: GATEWAY_STATUS_TOPIC, payload: 'on', qos: 1, retain: true }]);
    });

    it('keeps its order for one terminal', async () => {
      const { broker, signIn } = await start();
      const terminal = await signIn('t-1');
      await granted(terminal, [ACK]);
      const all = Array.from({ length: 200 }, (_, at) => String(at));
      for (const payload of all) broker.publish(ACK, payload, { qos: 1, retain: false });
      await terminal.until(PUBLISH, all.length);
      expect(received(terminal).map(({ payload }) => payload)).toEqual(all);
    });

    it('goes on to everyone else while one does not read, and that one is cut', async () => {
      const { broker, signIn, refused } = await start({ limits: { drainTimeoutMs: 1_000 } });
      const slow = await signIn('t-slow');
      const other = await signIn('t-1');
      await granted(slow, [topicOf('t-slow', 'config')]);
      await granted(other, [ACK]);
      slow.socket.pause();
      const large = 'x'.repeat(64 * 1024);
      let sent = 0;
      while (refused('receiver-frozen') === 0) {
        broker.publish(topicOf('t-slow', 'config'), large, { qos: 1, retain: false });
        broker.publish(ACK, 'quick', { qos: 1, retain: false });
        sent += 1;
        const begun = performance.now();
        await other.until(PUBLISH, sent);
        expect(performance.now() - begun).toBeLessThan(500);
      }
      await event('disconnected t-slow');
      expect(broker.connections()).toBe(1);
    });
  });

  describe('a terminal', () => {
    it("subscribes to its own topics and the gateway's status, and to nothing else", async () => {
      const { broker, signIn, refused } = await start();
      const terminal = await signIn('t-1');
      const foreign = [
        '#',
        '+/+/+/+',
        '$SYS/#',
        'manyi/v1/+/ack',
        topicOf('t-2', 'ack'),
        VOTES,
        '$share/g/#',
      ];
      expect(await granted(terminal, [ACK, ...foreign, GATEWAY_STATUS_TOPIC])).toEqual([
        1,
        ...foreign.map(() => REFUSED_SUBSCRIPTION),
        1,
      ]);
      expect(refused('subscription-foreign')).toBe(foreign.length);
      broker.publish(topicOf('t-2', 'ack'), 'for another', { qos: 1, retain: false });
      broker.publish(ACK, 'mine', { qos: 1, retain: false });
      await terminal.until(PUBLISH);
      await terminal.ping();
      expect(received(terminal).map(({ payload }) => payload)).toEqual(['mine']);
    });

    it('reaches nobody but the gateway with what it publishes, retained or not', async () => {
      const { broker, signIn } = await start();
      const victim = await signIn('t-2');
      const topics = [topicOf('t-2', 'ack'), GATEWAY_STATUS_TOPIC, '$SYS/x'];
      await granted(victim, topics.slice(0, 2));
      const forger = await signIn('t-1');
      let packetId = 0;
      for (const topic of topics)
        for (const retain of [false, true])
          for (const qos of [0, 1, 2] as const)
            forger.send(publishPacket(topic, 'forged', qos, { packetId: ++packetId, retain }));
      forger.send(connectPacket({ id: 't-1' }));
      await forger.over();
      const willed = await signIn('t-1', { will: { topic: GATEWAY_STATUS_TOPIC, payload: 'forged' } });
      willed.socket.destroy();
      await heard(3 * 2 * 3 + 1);
      expect(door.heard.every(({ terminalId }) => terminalId === 't-1')).toBe(true);
      broker.publish(topicOf('t-2', 'ack'), 'genuine', { qos: 1, retain: false });
      await victim.until(PUBLISH);
      const late = await signIn('t-3');
      await granted(late, [GATEWAY_STATUS_TOPIC]);
      await Promise.all([victim.ping(), late.ping()]);
      expect(received(victim).map(({ payload }) => payload)).toEqual(['genuine']);
      expect(received(late)).toEqual([]);
    });

    it('that enrols hears of its certificate and nothing else, and is not shown as there', async () => {
      const { broker, signIn } = await start();
      const terminal = await signIn('t-1', { kind: 'stranger' });
      const own = topicOf('t-1', 'certificate');
      expect(await granted(terminal, [own, ACK, GATEWAY_STATUS_TOPIC])).toEqual([
        1,
        REFUSED_SUBSCRIPTION,
        REFUSED_SUBSCRIPTION,
      ]);
      terminal.send(publishPacket(topicOf('t-1', 'csr'), 'please', 1));
      const [asked] = await heard(1);
      expect(asked).toMatchObject({ code: 'code-1', text: 'please', terminalId: 't-1' });
      expect(broker.connections()).toBe(0);
      expect(door.events.filter((one) => one.startsWith('connected'))).toEqual([]);
    });

    it('leaves a will when it is cut, and none when it says good-bye', async () => {
      const { signIn } = await start();
      const polite = await signIn('t-2', { will: { topic: topicOf('t-2', 'status'), payload: 'polite' } });
      polite.send(DISCONNECT);
      await event(`disconnected t-2 ${polite.connection}`);
      const cut = await signIn('t-1', { will: WILL });
      cut.socket.destroy();
      const [will] = await heard(1);
      expect(will).toMatchObject({
        ...{ terminalId: 't-1', topic: STATUS, text: WILL.payload },
        connection: cut.connection,
      });
      await event(`disconnected t-1 ${cut.connection}`);
      expect(texts()).toEqual([WILL.payload]);
    });

    it('that connects anew takes the place of its older connection, whose will names that', async () => {
      const { broker, signIn } = await start();
      const older = await signIn('t-1', { will: WILL });
      const newer = await signIn('t-1');
      await older.over();
      expect(newer.connection).toBeGreaterThan(older.connection);
      const [will] = await heard(1);
      expect(will?.connection).toBe(older.connection);
      await event(`disconnected t-1 ${older.connection}`);
      newer.send(vote(1));
      await newer.until(PUBACK);
      expect(broker.connections()).toBe(1);
      expect(door.events.filter((one) => one === `disconnected t-1 ${newer.connection}`)).toEqual([]);
    });

    it('is cut off by nobody who only has its name', async () => {
      const { open, signIn, refused } = await start();
      const terminal = await signIn('t-1');
      const thief = open('t-1', { kind: 'stranger' });
      thief.send(connectPacket({ id: 't-1', password: 'guessed' }));
      const [connack] = await thief.until(CONNACK);
      expect(connack?.body[1]).toBe(5);
      await thief.over();
      expect(refused('code-wrong')).toBe(1);
      await terminal.ping();
      expect(terminal.isOver()).toBe(false);
    });
  });

  describe('a CONNECT', () => {
    it.each([
      ['with a session that is to be kept', { clean: false }, 5, 'session-not-clean'],
      ['with another user name than client id', { userName: 't-2' }, 2, 'client-id-not-user'],
      ['of MQTT 5', { level: 5 }, 1, 'protocol-version'],
      ['of MQTT 5 and a keepalive beyond the limit', { level: 5, keepaliveS: 301 }, 1, 'protocol-version'],
      ['without a keepalive', { keepaliveS: 0 }, 2, 'keepalive-refused'],
      ['with a keepalive beyond the limit', { keepaliveS: 301 }, 2, 'keepalive-refused'],
    ])('%s is answered and refused', async (_what, options, code, reason) => {
      const { open, refused } = await start();
      const terminal = open('t-1');
      terminal.send(connectPacket({ id: 't-1' }, undefined, options));
      const [connack] = await terminal.until(CONNACK);
      expect([...(connack?.body ?? [])]).toEqual([0, code]);
      await terminal.over();
      expect(refused(reason)).toBe(1);
      expect(door.events.filter((one) => one.startsWith('connected'))).toEqual([]);
      expect(texts()).toEqual([]);
    });

    it('is the first word, and the only one of its kind', async () => {
      const { open, signIn } = await start();
      const early = open('t-1');
      early.send(vote(1));
      await early.over();
      const twice = await signIn('t-1');
      twice.send(connectPacket({ id: 't-1' }));
      await twice.over();
      expect(texts()).toEqual([]);
    });

    it('that does not come is not waited for', async () => {
      const { open, refused } = await start({ limits: { connectTimeoutMs: 300 } });
      const silent = open('t-1');
      await silent.over();
      expect(refused('connect-timeout')).toBe(1);
    });
  });

  describe('a connection', () => {
    it.each([
      ['before its CONNECT', false],
      ['after it', true],
    ])('that announces too large a packet, %s, is cut before the packet has come', async (_when, isIn) => {
      const { open, signIn, refused } = await start({ limits: { maxPacketBytes: 1_000 } });
      const terminal = isIn ? await signIn('t-1') : open('t-1');
      // 1,001 bytes, of which none follows (2.2.3).
      terminal.send(Buffer.from([isIn ? 0x32 : 0x10, 0xe9, 0x07]));
      await terminal.over();
      expect(refused('packet-too-large')).toBe(1);
      const other = await signIn('t-2');
      other.send(publishPacket(topicOf('t-2', 'votes'), 'x'.repeat(900), 1));
      await other.until(PUBACK);
    });

    it('that has gone silent is cut after one and a half of its keepalive', async () => {
      const { signIn, refused } = await start();
      const begun = performance.now();
      const silent = await signIn('t-1', { keepaliveS: 1, will: WILL });
      await silent.over();
      expect(performance.now() - begun).toBeGreaterThan(1_450);
      expect(refused('keepalive-timeout')).toBe(1);
      await event(`disconnected t-1 ${silent.connection}`);
      expect((await heard(1))[0]?.connection).toBe(silent.connection);
    });

    it.each([
      ['votes', (at: number) => vote(at)],
      ['other messages', (at: number) => publishPacket(HELLO, 'x', 1, { packetId: at })],
    ])('is kept by %s alone', async (_what, packet) => {
      const { signIn } = await start();
      const terminal = await signIn('t-1', { keepaliveS: 1 });
      const begun = performance.now();
      for (let at = 1; performance.now() - begun < 2_000; at++) {
        terminal.send(packet(at));
        await terminal.until(PUBACK, at);
      }
      expect(terminal.isOver()).toBe(false);
    });

    it('that is not welcome any more is cut, at once, and no other', async () => {
      const { broker, signIn, refused } = await start();
      const terminal = await signIn('t-1', { will: WILL });
      const enrolling = await signIn('t-2', { kind: 'stranger' });
      const other = await signIn('t-3');
      broker.cut(({ code }) => code === null);
      await enrolling.over();
      expect(refused('code-withdrawn')).toBe(1);
      await terminal.ping();
      const serials: string[] = [];
      broker.cut(({ serial }) => serials.push(serial) !== 1);
      await terminal.over();
      expect(serials).toHaveLength(2);
      expect(refused('certificate-withdrawn')).toBe(1);
      await event(`disconnected t-1 ${terminal.connection}`);
      await other.ping();
      expect(broker.connections()).toBe(1);
    });

    it('is let go by its name, and some are sent away that have nothing under way', async () => {
      const { broker, signIn, refused, whenHeard } = await start();
      whenHeard.take = null;
      const [busy, first, second] = [await signIn('t-1'), await signIn('t-2'), await signIn('t-3')];
      busy.send(publishPacket(VOTES, 'one', 1, { packetId: 1 }));
      await heard(1);
      expect(broker.shed(1)).toEqual(['t-2']);
      await first.over();
      await second.ping();
      expect(broker.shed(5)).toEqual(['t-3']);
      await second.over();
      expect(refused('shed')).toBe(2);
      broker.letGo('t-9');
      await busy.ping();
      broker.letGo('t-1');
      await busy.over();
      expect(refused('taken-over')).toBe(1);
      expect(broker.connections()).toBe(0);
    });

    it('whose leave ends while it signs in is cut when it is connected, and was never there', async () => {
      const { whoIsWelcome, signIn, events, refused, broker } = await start();
      whoIsWelcome.holds = () => false;
      const terminal = await signIn('t-1', { will: WILL });
      const enrolling = await signIn('t-2', { kind: 'stranger' });
      await Promise.all([terminal.over(), enrolling.over()]);
      expect([refused('certificate-withdrawn'), refused('code-withdrawn')]).toEqual([1, 1]);
      whoIsWelcome.holds = () => true;
      const again = await signIn('t-1');
      await again.ping();
      expect(events.filter((one) => /^(dis)?connected/.test(one))).toEqual([
        `connected t-1 ${again.connection}`,
      ]);
      expect(broker.connections()).toBe(1);
    });

    it.runIf(readsProxyHeader)('through a balancer is of whoever is beyond it', async () => {
      const { open, signIn, refused } = await start({ behindBalancer: true });
      const terminal = await signIn('t-1', { proxyHeader: PROXY_HEADER });
      terminal.send(vote(1));
      await terminal.until(PUBACK);
      expect(door.heard[0]?.address).toBe('203.0.113.9');
      const bare = open('t-2');
      await bare.over();
      expect(refused('proxy-header-invalid')).toBe(1);
    });
  });

  it('takes three hundred at once', async () => {
    const { broker, signIn } = await start();
    const crowd = await Promise.all(CROWD.map((id) => signIn(id)));
    expect(broker.connections()).toBe(CROWD.length);
    for (const [at, terminal] of crowd.entries())
      terminal.send(publishPacket(topicOf(CROWD[at] as string, 'votes'), String(at), 1));
    await Promise.all(crowd.map((terminal) => terminal.until(PUBACK)));
    expect(new Set(texts()).size).toBe(CROWD.length);
    for (const { socket } of crowd) socket.destroy();
    await until('all to have gone', () => broker.connections() === 0);
    expect(door.events.filter((one) => one.startsWith('disconnected'))).toHaveLength(CROWD.length);
  });

  it('ends in order: what was published arrives, and nobody is left', async () => {
    const { broker, open, signIn, whenHeard } = await start();
    whenHeard.take = null;
    const terminal = await signIn('t-1', { will: WILL });
    const stranger = open('t-2');
    await granted(terminal, [GATEWAY_STATUS_TOPIC]);
    terminal.send(vote(1));
    const [message] = await heard(1);
    broker.publish(GATEWAY_STATUS_TOPIC, 'off', { qos: 1, retain: true });
    await broker.close();
    await Promise.all([terminal.over(), stranger.over()]);
    expect(received(terminal).map(({ payload }) => payload)).toEqual(['off']);
    expect(message?.isOpen()).toBe(false);
    message?.done();
    broker.publish(GATEWAY_STATUS_TOPIC, 'late', { qos: 1, retain: true });
    expect(idsOf(terminal)).toEqual([]);
    expect(broker.connections()).toBe(0);
    expect(door.events).toContain(`disconnected t-1 ${terminal.connection}`);
    await open('t-3').over();
  });
});
