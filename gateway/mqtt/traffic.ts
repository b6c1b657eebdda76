/** What a terminal that has signed in may say and hear. */
import type { AedesOptions } from 'aedes';
import { DOWN_KINDS, GATEWAY_STATUS_TOPIC, topicOf } from '../../protocol/topics.ts';
import { type BrokerEvents, Drop } from './broker.ts';
import type { Pubacks } from './pubacks.ts';
import { streamOf } from './sign-in.ts';
import type { Session } from './terminal-stream.ts';

export function createTraffic(
  { message, refused }: Pick<BrokerEvents, 'message' | 'refused'>,
  acks: Pubacks,
): Required<Pick<AedesOptions, 'authorizePublish' | 'authorizeSubscribe'>> {
  return {
    authorizePublish(client, packet, done) {
      // Also called for wills, and by aedes' round for wills of clients that are gone, which it would then route.
      const session = client && streamOf(client).session;
      if (!session) return done(new Drop('sender-unknown'));
      packet.retain = false;
      const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
      const { terminalId, connection, code, address, isOpen } = session;
      const { topic } = packet;
      const packetId = acks.take(packet);
      message({ terminalId, connection, topic, payload, code, address, isOpen }, (error) => {
        if (packetId !== null && !error) acks.send(streamOf(client), packetId);
        done(error ?? null);
      });
    },
    authorizeSubscribe(client, subscription, done) {
      const session = client && streamOf(client).session;
      const isAllowed = session ? mayHear(session, subscription.topic) : false;
      if (!isAllowed) refused('subscription-foreign', session?.terminalId ?? null);
      // null: SUBACK with failure (0x80); the connection and its other subscriptions go on.
      done(null, isAllowed ? subscription : null);
    },
  };
}

function mayHear({ terminalId, code }: Session, topic: string): boolean {
  if (code !== null) return topic === topicOf(terminalId, 'certificate');
  return topic === GATEWAY_STATUS_TOPIC || DOWN_KINDS.some((kind) => topic === topicOf(terminalId, kind));
}
