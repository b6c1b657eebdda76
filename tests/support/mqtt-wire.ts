/** One end of an MQTT connection as what is on the wire: every packet that came, as bytes, in its order. */
import type { Socket } from 'node:net';
import { until } from './wait.ts';

/** Fixed header (MQTT 3.1.1, 2.2) and the rest; `id` where 2.3.1 has one at its beginning. */
export type WirePacket = { type: number; flags: number; body: Buffer; id: number };

export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBCOMP = 7;
export const SUBACK = 9;
export const PINGRESP = 13;

const PINGREQ = Buffer.from([0xc0, 0]);
export const DISCONNECT = Buffer.from([0xe0, 0]);

export type Wire = {
  socket: Socket;
  send(...packets: Buffer[]): void;
  /** Those of one type that have come so far. */
  of(type: number): WirePacket[];
  /** Waits until that many of a type have come, and has them all. @throws Error when the connection ends before. */
  until(type: number, count?: number): Promise<WirePacket[]>;
  /** Comes back when all that was sent before has been read, and what was answered to it at once is here. */
  ping(): Promise<void>;
  isOver(): boolean;
  over(): Promise<void>;
};

export function listenWire(socket: Socket): Wire {
  const packets: WirePacket[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let ended = false;
  socket.on('error', () => {});
  socket.once('close', () => {
    ended = true;
  });
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let packet = split(rest); packet; packet = split(rest)) {
      packets.push(packet.value);
      rest = rest.subarray(packet.end);
    }
  });
  const wire: Wire = {
    socket,
    send: (...bytes) => void socket.write(Buffer.concat(bytes)),
    of: (type) => packets.filter((one) => one.type === type),
    until: (type, count = 1) =>
      until(`${count} of type ${type}`, () => {
        const found = wire.of(type);
        if (found.length >= count) return found;
        // No use to wait on.
        return ended ? [] : null;
      }).then((found) => {
        if (found.length === 0) throw new Error(`the connection ended before a packet of type ${type}`);
        return found;
      }),
    async ping() {
      const before = wire.of(PINGRESP).length;
      wire.send(PINGREQ);
      await wire.until(PINGRESP, before + 1);
    },
    isOver: () => ended,
    over: () => until('the end of the connection', () => ended).then(() => {}),
  };
  return wire;
}

function split(bytes: Buffer): { value: WirePacket; end: number } | null {
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 2 ** shift;
    if ((byte & 0x80) === 0) break;
  }
  const end = at + length;
  if (bytes.length < end) return null;
  const first = bytes.readUInt8(0);
  const body = bytes.subarray(at, end);
  const id = body.length >= 2 ? body.readUInt16BE(0) : 0;
  return { value: { type: first >> 4, flags: first & 0x0f, body, id }, end };
}

/** Of a PUBLISH (3.3). */
export function readPublish({ flags, body }: WirePacket) {
  const topicEnd = 2 + body.readUInt16BE(0);
  const qos = (flags >> 1) & 3;
  return {
    topic: body.subarray(2, topicEnd).toString(),
    payload: body.subarray(topicEnd + (qos > 0 ? 2 : 0)).toString(),
    qos,
    retain: (flags & 1) === 1,
  };
}
