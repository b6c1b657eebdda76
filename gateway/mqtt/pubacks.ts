/**
 * PUBACKs (MQTT 3.1.1, 3.4), sent by the gateway itself: the messages of one commit are acknowledged with one write a
 * connection instead of three a message, which is a fifth of what a vote costs otherwise. aedes is told that the message
 * had QoS 0, so that it sends none.
 */
import type { Client, PublishPacket } from 'aedes';

const HEADER = 0x40;
const REMAINING_LENGTH = 2;
/** A peer that goes on sending but reads no acknowledgement is cut. */
const MAX_UNREAD_BYTES = 64 * 1024;

export type Pubacks = {
  /** Takes the acknowledgement of a QoS 1 message over from aedes. @returns its packet identifier. */
  take(packet: PublishPacket): number;
  /** In the order in which the messages came (4.6). */
  send(client: Client, packetId: number): void;
};

export function createPubacks(): Pubacks {
  let waiting = new Map<Client, number[]>();
  const flush = () => {
    const clients = waiting;
    waiting = new Map();
    for (const [client, ids] of clients) {
      if (client.closed || client.conn.destroyed) continue;
      const bytes = Buffer.allocUnsafe(ids.length * 4);
      ids.forEach((id, at) => {
        bytes[at * 4] = HEADER;
        bytes[at * 4 + 1] = REMAINING_LENGTH;
        bytes.writeUInt16BE(id, at * 4 + 2);
      });
      client.conn.write(bytes);
      if (client.conn.writableLength > MAX_UNREAD_BYTES) client.conn.destroy();
    }
  };
  return {
    take(packet) {
      packet.qos = 0;
      return packet.messageId as number;
    },
    send(client, packetId) {
      const ids = waiting.get(client);
      if (ids) {
        ids.push(packetId);
        return;
      }
      if (waiting.size === 0) process.nextTick(flush);
      waiting.set(client, [packetId]);
    },
  };
}
