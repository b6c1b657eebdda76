/** TLS sessions that are gone on with, at every adapter of the broker's port that speaks TLS. Promise B. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TicketKeys } from '../../gateway/mqtt/broker.ts';
import { topicOf } from '../../protocol/topics.ts';
import {
  BROKER_ADAPTERS,
  type BrokerHome,
  CODE,
  PROXY_HEADER,
  sessionOf,
  type TestBroker,
} from '../support/broker-home.ts';
import { CONNACK, PUBACK } from '../support/mqtt-wire.ts';
import { connectPacket, publishPacket } from '../support/raw-mqtt.ts';

const key = () => randomBytes(48);
const REFUSED = 5;

describe.each(BROKER_ADAPTERS.filter(({ name }) => name.endsWith('TLS')))(
  'sessions at the broker, $name',
  ({ open: openHome }) => {
    let home: BrokerHome;
    beforeAll(async () => {
      home = await openHome();
    });
    afterEach(() => home.stop());
    afterAll(() => home.dispose());

    const start = (...ticketKeys: Buffer[]) => home.start({ ticketKeys: ticketKeys as never as TicketKeys });
    const handshakes = ({ events }: TestBroker) =>
      events.filter((one) => one.startsWith('handshaken')).map((one) => one.split(' ')[1]);
    const firstSession = async ({ signIn }: TestBroker, as: 'known' | 'stranger' = 'known') =>
      sessionOf(await signIn('t-1', { kind: as })) as Buffer;
    const answerTo = async ({ open }: TestBroker, id: string, session: Buffer, password?: string) => {
      const wire = open(id, { session });
      wire.send(connectPacket({ id, ...(password === undefined ? {} : { password }) }));
      const [connack] = await wire.until(CONNACK);
      return connack?.body[1];
    };

    it('are gone on with, as often as the terminal comes, and its messages are taken', async () => {
      const door = await start(key());
      const session = await firstSession(door);
      for (const id of [1, 2]) {
        const terminal = await door.signIn('t-1', { session });
        terminal.send(publishPacket(topicOf('t-1', 'votes'), `${id}`, 1, { packetId: id }));
        await terminal.until(PUBACK);
      }
      expect(handshakes(door)).toEqual(['full', 'resumed', 'resumed']);
      expect(door.heard.map(({ text }) => text)).toEqual(['1', '2']);
    });

    it('are gone on with at another broker that has the key, also when it seals with another one', async () => {
      const [old, next] = [key(), key()];
      const session = await firstSession(await start(old));
      for (const keys of [[old], [next, old], [old, next]]) {
        const door = await start(...keys);
        await door.signIn('t-1', { session });
        expect(handshakes(door)).toEqual(['resumed']);
      }
    });

    it('of a key that has gone are begun anew at once, on the same connection', async () => {
      const session = await firstSession(await start(key()));
      const door = await start(key());
      const terminal = await door.signIn('t-1', { session });
      expect(handshakes(door)).toEqual(['full']);
      expect(sessionOf(terminal)).not.toEqual(session);
    });

    it('are sealed with the new key when it is turned, and those of before are opened until it goes', async () => {
      const [old, next] = [key(), key()];
      const door = await start(old);
      const before = await firstSession(door);
      door.broker.sealWith([next, old]);
      await door.signIn('t-1', { session: before });
      const after = sessionOf(await door.signIn('t-2')) as Buffer;
      door.broker.sealWith([next]);
      await door.signIn('t-2', { session: after });
      await door.signIn('t-1', { session: before });
      expect(handshakes(door)).toEqual(['full', 'resumed', 'full', 'resumed', 'full']);
    });

    it('carry the certificate that was shown: the name of another one does not get in with it', async () => {
      const door = await start(key());
      const session = await firstSession(door);
      expect(await answerTo(door, 't-2', session)).toBe(REFUSED);
      expect(handshakes(door)).toEqual(['full', 'resumed']);
      expect(door.refused('certificate-foreign')).toBe(1);
    });

    it('of somebody who has shown no certificate never become those of somebody who has', async () => {
      const door = await start(key());
      const session = await firstSession(door, 'stranger');
      // With its certificate at hand, which nobody asks for.
      expect(await answerTo(door, 't-1', session)).toBe(REFUSED);
      expect(await answerTo(door, 't-1', session, CODE)).toBe(0);
      expect(handshakes(door)).toEqual(['full', 'resumed', 'resumed']);
    });

    it('that another authority has vouched for are none, whatever they are sealed with', async () => {
      const other = await openHome();
      const shared = key();
      try {
        const foreign = await other.start({ ticketKeys: [shared] });
        const session = await firstSession(foreign);
        const door = await start(shared);
        await door.signIn('t-1', { session });
        expect(handshakes(door)).toEqual(['full']);
      } finally {
        await other.stop();
        other.dispose();
      }
    });

    it('are gone on with through a balancer, in the name of whoever is beyond it', async () => {
      const door = await home.start({ behindBalancer: true });
      const session = sessionOf(await door.signIn('t-1', { proxyHeader: PROXY_HEADER }));
      const terminal = await door.signIn('t-1', { proxyHeader: PROXY_HEADER, session });
      terminal.send(publishPacket(topicOf('t-1', 'votes'), 'beyond', 1));
      await terminal.until(PUBACK);
      expect(handshakes(door)).toEqual(['full', 'resumed']);
      expect(door.heard[0]?.address).toBe('203.0.113.9');
    });

    it('that are garbage, or garbled on their way, are begun anew', async () => {
      const door = await start(key());
      const session = await firstSession(door);
      const garbled = Buffer.from(session);
      // In the ticket, which the terminal cannot look into.
      garbled.writeUInt8(garbled.readUInt8(garbled.length - 200) ^ 1, garbled.length - 200);
      for (const offered of [randomBytes(900), garbled]) await door.signIn('t-1', { session: offered });
      expect(handshakes(door).slice(1)).toEqual(['full', 'full']);
    });
  },
);
