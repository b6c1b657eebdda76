/**
 * The short way for what terminals say. Almost everything a gateway reads is a PUBLISH on one of a terminal's own topics; such
 * packets are taken from the stream here, and aedes gets to see all others: its parser and handlers cost as much again as storing
 * a vote does. Whatever is not exactly such a packet (another type, topic or flag) goes to aedes untouched; but for PUBACKs of
 * what the gateway has published, for which nobody waits: what a terminal has it says itself.
 */
import { UP_KINDS, type UpKind } from '../../protocol/topics.ts';

/** PUBLISH (MQTT 3.1.1, 3.3.1) by its flags: DUP is of QoS 1 only; whether it is to be retained is nothing to the gateway. */
const QOS_0 = new Set([0x30, 0x31]);
const QOS_1 = new Set([0x32, 0x33, 0x3a, 0x3b]);
/** PUBACK (3.4): nothing but a packet identifier. */
const PUBACK = 0x40;
const PUBACK_BYTES = 4;

const KINDS = UP_KINDS.map((kind) => ({ kind, bytes: Buffer.from(kind) }));

/** @param packetId null with QoS 0. @returns false when no more is wanted of this stream. */
export type Tapped = (kind: UpKind, payload: Buffer, packetId: number | null) => boolean;

export type MessageTap = {
  /** The next bytes, which begin a packet or go on with one that was held. @returns what is for aedes; null when nothing is. */
  take(chunk: Buffer): Buffer | null;
};

/**
 * @param prefix of the terminal's topics, before their kinds
 * @param take has each message in its order
 */
export function createMessageTap(prefix: string, take: Tapped): MessageTap {
  const own = Buffer.from(prefix);
  /** Bytes of a packet that is not complete yet and may be a message. */
  let rest: Buffer | null = null;
  return {
    take(chunk) {
      const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
      rest = null;
      for (let at = 0; ; ) {
        const packet = nextPacket(bytes, at, own);
        if (packet === 'incomplete') {
          rest = at < bytes.length ? bytes.subarray(at) : null;
          return null;
        }
        if (packet === 'other') return bytes.subarray(at);
        if (packet === 'puback') {
          at += PUBACK_BYTES;
          continue;
        }
        if (!take(packet.kind, bytes.subarray(packet.payload, packet.end), packet.id)) return null;
        at = packet.end;
      }
    },
  };
}

type Packet = { kind: UpKind; id: number | null; payload: number; end: number };

/** Looks at the packet that begins at `start`: fixed header, topic, packet identifier, payload (3.3). */
function nextPacket(bytes: Buffer, start: number, own: Buffer): Packet | 'incomplete' | 'puback' | 'other' {
  if (start >= bytes.length) return 'incomplete';
  const first = bytes[start] as number;
  if (first === PUBACK) {
    if (start + PUBACK_BYTES > bytes.length) return 'incomplete';
    return bytes[start + 1] === PUBACK_BYTES - 2 ? 'puback' : 'other';
  }
  const isNumbered = QOS_1.has(first);
  if (!isNumbered && !QOS_0.has(first)) return 'other';
  let length = 0;
  let at = start + 1;
  for (let shift = 0; ; shift += 7) {
    if (at >= bytes.length) return 'incomplete';
    // Four bytes at the most (2.2.3).
    if (shift > 21) return 'other';
    const byte = bytes[at++] as number;
    length += (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) break;
  }
  const end = at + length;
  if (end > bytes.length) return 'incomplete';
  if (length < 2) return 'other';
  const topicEnd = at + 2 + bytes.readUInt16BE(at);
  const kindAt = at + 2 + own.length;
  const payload = isNumbered ? topicEnd + 2 : topicEnd;
  if (payload > end || kindAt >= topicEnd || !isAt(bytes, at + 2, own)) return 'other';
  const kind = kindAmong(bytes, kindAt, topicEnd);
  if (kind === null) return 'other';
  if (!isNumbered) return { kind, id: null, payload, end };
  const id = bytes.readUInt16BE(topicEnd);
  // 2.3.1: zero is no packet identifier; aedes knows what to do with such a peer.
  return id === 0 ? 'other' : { kind, id, payload, end };
}

function kindAmong(bytes: Buffer, from: number, to: number): UpKind | null {
  for (const { kind, bytes: name } of KINDS)
    if (name.length === to - from && isAt(bytes, from, name)) return kind;
  return null;
}

/** Of so few bytes, a call into native code costs more than the comparison. */
function isAt(bytes: Buffer, from: number, name: Buffer): boolean {
  for (let at = 0; at < name.length; at++) if (bytes[from + at] !== name[at]) return false;
  return true;
}
