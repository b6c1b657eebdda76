/**
 * The short way for votes. Almost everything a busy gateway reads is a PUBLISH with QoS 1 on a terminal's votes topic; such
 * packets are taken from the stream here, and aedes gets to see all others. Its parser and handlers cost as much again as
 * storing the vote does. Whatever is not exactly such a packet (another type, topic or flag) goes to aedes untouched.
 */

/** PUBLISH, QoS 1, not retained (MQTT 3.1.1, 3.3.1); with and without DUP. */
const PUBLISH_QOS1 = 0x32;
const PUBLISH_QOS1_DUP = 0x3a;

export type VoteTap = {
  /** The next bytes, which begin a packet or go on with one that was held. @returns what is for aedes; null when nothing is. */
  take(chunk: Buffer): Buffer | null;
};

/** @param take has each vote in its order; @returns false when no more is wanted of this stream. */
export function createVoteTap(
  votesTopic: string,
  take: (payload: Buffer, packetId: number) => boolean,
): VoteTap {
  const topic = Buffer.from(votesTopic);
  /** Bytes of a packet that is not complete yet and may be a vote. */
  let rest: Buffer | null = null;
  return {
    take(chunk) {
      const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
      rest = null;
      for (let at = 0; ; ) {
        const packet = nextVotePacket(bytes, at, topic);
        if (packet === 'incomplete') {
          rest = at < bytes.length ? bytes.subarray(at) : null;
          return null;
        }
        if (packet === 'other') return bytes.subarray(at);
        if (!take(bytes.subarray(packet.payload, packet.end), packet.id)) return null;
        at = packet.end;
      }
    },
  };
}

type VotePacket = { id: number; payload: number; end: number };

/** Looks at the packet that begins at `start`: fixed header, topic, packet identifier, payload (3.3). */
function nextVotePacket(bytes: Buffer, start: number, topic: Buffer): VotePacket | 'incomplete' | 'other' {
  if (start >= bytes.length) return 'incomplete';
  const first = bytes[start];
  if (first !== PUBLISH_QOS1 && first !== PUBLISH_QOS1_DUP) return 'other';
  let length = 0;
  let at = start + 1;
  for (let shift = 0; ; shift += 7) {
    if (at >= bytes.length) return 'incomplete';
    const byte = bytes[at++] as number;
    length += (byte & 0x7f) * 2 ** shift;
    if ((byte & 0x80) === 0) break;
  }
  const end = at + length;
  const id = at + 2 + topic.length;
  if (end > bytes.length) return 'incomplete';
  if (id + 2 > end || bytes.readUInt16BE(at) !== topic.length) return 'other';
  if (bytes.compare(topic, 0, topic.length, at + 2, id) !== 0) return 'other';
  const packetId = bytes.readUInt16BE(id);
  // 2.3.1: zero is no packet identifier; aedes knows what to do with such a peer.
  return packetId === 0 ? 'other' : { id: packetId, payload: id + 2, end };
}
