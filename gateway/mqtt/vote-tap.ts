/**
 * The short way for votes. Almost everything a busy gateway reads is a PUBLISH with QoS 1 on a terminal's votes topic; such
 * packets are taken from the socket here, and aedes gets to see all others. Its parser and handlers cost as much again as
 * storing the vote does. Whatever is not exactly such a packet (another type, topic or flag) goes to aedes untouched.
 */
import type { Socket } from 'node:net';
import { answerHttp, isHttp } from './http-spoken.ts';
import { createHeaderWalk } from './packet-limit.ts';

/** PUBLISH, QoS 1, not retained (MQTT 3.1.1, 3.3.1); with and without DUP. */
const PUBLISH_QOS1 = 0x32;
const PUBLISH_QOS1_DUP = 0x3a;
/**
 * Packets other than PUBLISH in a stretch of time (see HeaderWalk.controls). A terminal sends a few a second; nothing holds
 * them back as a commit does with votes, so a flood of them would keep the process from everyone else.
 */
const MAX_CONTROLS = 1_000;
const CONTROLS_WITHIN_MS = 10_000;
/** Messages taken and not done, beyond which no more is read from this connection. */
const MAX_UNDONE = 512;

export type TakeVotes = (payload: Buffer, packetId: number, done: () => void) => void;

export type VoteTap = {
  /** From now on, packets on `topic` are handed to `take`, which calls `done` once the message is settled. */
  arm(topic: string, take: TakeVotes, onActivity: () => void): void;
};

export function tapVotes(
  socket: Socket,
  maxPacketBytes: number,
  onRefused: (reason: string) => void,
): VoteTap {
  const walk = createHeaderWalk(maxPacketBytes);
  const readSocket = socket.read.bind(socket);
  let armed: { topic: Buffer; take: TakeVotes; onActivity: () => void } | null = null;
  /** Bytes of a packet that is not complete yet and may be a vote. */
  let rest: Buffer | null = null;
  /** aedes is in the middle of a packet: what follows is its own. */
  let passing = false;
  let spoken = false;
  let undone = 0;
  let held = false;
  let counted = { controls: 0, since: performance.now() };

  const cut = (reason: string) => {
    onRefused(reason);
    socket.destroy();
    return null;
  };

  const isFlood = () => {
    if (walk.controls() - counted.controls <= MAX_CONTROLS) return false;
    const { since } = counted;
    counted = { controls: walk.controls(), since: performance.now() };
    return counted.since - since < CONTROLS_WITHIN_MS;
  };

  const done = () => {
    undone -= 1;
    if (!held || undone > MAX_UNDONE / 2) return;
    held = false;
    // What the reader of this socket waits for.
    setImmediate(() => socket.emit('readable'));
  };

  /** Takes votes from the front. @returns what is left for aedes. */
  const takeFrom = (bytes: Buffer, { topic, take }: NonNullable<typeof armed>): Buffer | null => {
    let at = 0;
    for (;;) {
      const packet = nextVotePacket(bytes, at, topic);
      if (packet === 'incomplete') {
        rest = at < bytes.length ? bytes.subarray(at) : null;
        return null;
      }
      if (packet === 'other') return bytes.subarray(at);
      undone += 1;
      take(bytes.subarray(packet.payload, packet.end), packet.id, done);
      if (socket.destroyed) return null;
      at = packet.end;
    }
  };

  socket.read = (size?: number) => {
    if (undone >= MAX_UNDONE) {
      held = true;
      return null;
    }
    const chunk = readSocket(size) as Buffer | null;
    if (chunk === null) return null;
    if (!spoken && isHttp(chunk)) {
      onRefused('http-spoken');
      answerHttp(socket);
      return null;
    }
    spoken = true;
    if (!walk.take(chunk)) return cut('packet-too-large');
    if (isFlood()) return cut('control-flood');
    if (!armed || passing) {
      passing = !walk.between();
      return chunk;
    }
    armed.onActivity();
    const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
    rest = null;
    const others = takeFrom(bytes, armed);
    passing = others !== null && !walk.between();
    return others;
  };

  return {
    arm(topic, take, onActivity) {
      armed = { topic: Buffer.from(topic), take, onActivity };
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
