/**
 * PUBACKs (MQTT 3.1.1, 3.4), sent by the gateway itself: the messages of one commit are acknowledged with one write a
 * connection instead of three a message, which is a fifth of what a vote costs otherwise. aedes is told that the message
 * had QoS 0 (`authorizePublish` may change the packet), so that it sends none.
 */
import type { PublishPacket } from 'aedes';
import type { TerminalStream } from './terminal-stream.ts';

const HEADER = 0x40;
const REMAINING_LENGTH = 2;
/** A peer that goes on sending but reads no acknowledgement is cut. */
const MAX_UNREAD_BYTES = 64 * 1024;

export type Pubacks = {
  /** Takes the acknowledgement of a message over from aedes. @returns its packet identifier; null when there is none to send. */
  take(packet: PublishPacket): number | null;
  /** In the order in which the messages were done; at once. */
  send(stream: TerminalStream, packetId: number): void;
  /** … with what else is about to be said to this terminal. */
  sendAlong(stream: TerminalStream, packetId: number): void;
};

export function createPubacks(): Pubacks {
  let waiting = new Map<TerminalStream, number[]>();
  const flush = () => {
    const streams = waiting;
    waiting = new Map();
    for (const [stream, ids] of streams) {
      const { socket } = stream;
      if (socket.destroyed) continue;
      // Beside what aedes writes: both write whole packets.
      stream.flush(packetsOf(ids));
      if (socket.writableLength > MAX_UNREAD_BYTES) stream.cut('receiver-frozen');
    }
  };
  return {
    take(packet) {
      if (packet.qos !== 1) return null;
      packet.qos = 0;
      // A will has none.
      return packet.messageId ?? null;
    },
    send(stream, packetId) {
      const ids = waiting.get(stream);
      if (ids) {
        ids.push(packetId);
        return;
      }
      if (waiting.size === 0) process.nextTick(flush);
      waiting.set(stream, [packetId]);
    },
    sendAlong(stream, packetId) {
      const ids = waiting.get(stream);
      if (ids) ids.push(packetId);
      else stream.add(packetsOf([packetId]));
    },
  };
}

function packetsOf(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(ids.length * 4);
  ids.forEach((id, at) => {
    bytes[at * 4] = HEADER;
    bytes[at * 4 + 1] = REMAINING_LENGTH;
    bytes.writeUInt16BE(id, at * 4 + 2);
  });
  return bytes;
}
