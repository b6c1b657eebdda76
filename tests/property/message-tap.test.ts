/**
 * Each packet of a connection is either taken as a message or reaches the broker untouched, once and in order, wherever the
 * chunks are cut and however late the broker reads. (What is behind another packet in the same chunk may go the long way.)
 */
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createOutbox } from '../../gateway/mqtt/outbox.ts';
import { TerminalStream } from '../../gateway/mqtt/terminal-stream.ts';
import { topicOf, topicsOf, UP_KINDS } from '../../protocol/topics.ts';
import { until } from '../support/wait.ts';

const TOPIC = topicOf('t-1', 'votes');
const PUBACK = 0x40;

function publish(topic: string, payload: string, id: number, first = 0x32): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, topic.length]),
    Buffer.from(topic),
    ...(first & 0x06 ? [Buffer.from([id >> 8, id & 255])] : []),
    Buffer.from(payload),
  ]);
  const length =
    body.length < 128 ? [body.length] : [(body.length % 128) | 128, Math.floor(body.length / 128)];
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

type Piece = { isOwn: boolean; bytes: Buffer; payload: string; id: number };
const payload = fc.string({ maxLength: 300, unit: 'grapheme-ascii' });
const id = fc.integer({ min: 1, max: 65_535 });
const messages = fc
  .tuple(payload, id, fc.constantFrom(0x32, 0x3a, 0x33, 0x3b, 0x30, 0x31), fc.constantFrom(...UP_KINDS))
  .map(([text, packetId, first, kind]): Piece => {
    // What says which one it is, without a packet identifier.
    const told = `${packetId} ${text}`;
    return {
      isOwn: true,
      bytes: publish(topicOf('t-1', kind), told, packetId, first),
      payload: told,
      id: packetId,
    };
  });
const others = fc
  .oneof(
    fc.constant(Buffer.from([0xc0, 0])),
    id.map((packetId) => Buffer.from([PUBACK, 2, packetId >> 8, packetId & 255])),
    fc.tuple(payload, id).map(([text, packetId]) => publish('manyi/v1/t-2/votes', text, packetId)),
    fc.tuple(payload, id).map(([text, packetId]) => publish('manyi/v1/t-1/ack', text, packetId)),
    fc.tuple(payload, id).map(([text, packetId]) => publish(`${TOPIC}/x`, text, packetId)),
    payload.map((text) => publish('manyi/v1/t-1/', text, 0, 0x30)),
    payload.map((text) => publish(TOPIC, text, 0, 0x38)),
    fc.tuple(payload, id).map(([text, packetId]) => publish(TOPIC, text, packetId, 0x34)),
    payload.map((text) => publish(TOPIC, text, 0)),
  )
  .map((bytes): Piece => ({ isOwn: false, bytes, payload: '', id: 0 }));

/** Acknowledgements may be left out: nobody waits for them. */
function withoutAcks(bytes: Buffer): Buffer {
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const isLong = ((bytes[at + 1] ?? 0) & 128) > 0;
    const length = isLong ? (bytes[at + 1]! & 127) + bytes[at + 2]! * 128 : bytes[at + 1]!;
    const end = at + (isLong ? 3 : 2) + length;
    if (bytes[at] !== PUBACK) packets.push(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat(packets);
}

const open = (maxPacketBytes = 17_408) => {
  const socket = new PassThrough({ highWaterMark: 1 << 20 });
  const refused: string[] = [];
  const stream = new TerminalStream({
    socket: socket as unknown as Socket,
    certificate: null,
    address: '',
    maxPacketBytes,
    outbox: createOutbox(),
    refused: (reason) => void refused.push(reason),
  });
  return { socket, stream, refused };
};

describe('what is read of a terminal', () => {
  it('is a message that is taken or is for the broker, once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: messages }, others), {
          maxLength: 30,
          selector: ({ isOwn, id: packetId, bytes }) => (isOwn ? packetId : bytes.toString('hex')),
        }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        async (pieces, cuts, isLate) => {
          const { socket, stream, refused } = open();
          let taken = 0;
          const came: Buffer[] = [];
          stream.tapMessages(topicsOf('t-1'), (kind, bytes, packetId, done) => {
            const piece = pieces.find((one) => one.isOwn && one.payload === bytes.toString());
            if (packetId !== null) expect(piece?.id).toBe(packetId);
            expect(piece?.bytes.includes(topicOf('t-1', kind))).toBe(true);
            came.push(piece?.bytes as Buffer);
            taken += 1;
            done();
          });
          const read = () => {
            const chunk = stream.read() as Buffer | null;
            if (chunk) came.push(chunk);
          };
          stream.on('readable', isLate ? () => setImmediate(setImmediate, read) : read);
          const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
          for (let at = 0, cut = 0; at < bytes.length; cut++) {
            const size = cuts[cut % cuts.length] as number;
            socket.write(bytes.subarray(at, at + size));
            if (cut % 3 > 0) await new Promise(setImmediate);
            at += size;
          }
          const expected = withoutAcks(bytes);
          await until('every byte', () => withoutAcks(Buffer.concat(came)).length === expected.length);
          expect(withoutAcks(Buffer.concat(came)).equals(expected)).toBe(true);
          if (pieces.every(({ isOwn }) => isOwn)) expect(taken).toBe(pieces.length);
          expect(refused).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is no more while too much is undone, nor silence, and goes on when it is done', async () => {
    const { socket, stream, refused } = open();
    const undone: (() => void)[] = [];
    let taken = 0;
    stream.tapMessages(topicsOf('t-1'), (_kind, _payload, _id, done) => {
      taken += 1;
      undone.push(done);
    });
    const chunk = Buffer.concat(Array.from({ length: 100 }, (_, at) => publish(TOPIC, 'x', at + 1)));
    for (let sent = 0; sent < 20; sent++) {
      socket.write(chunk);
      await new Promise(setImmediate);
    }
    expect(taken).toBeGreaterThanOrEqual(512);
    expect(taken).toBeLessThan(2_000);
    vi.useFakeTimers();
    stream.expectWord(1_500);
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    expect(stream.destroyed).toBe(false);
    while (taken < 2_000) {
      expect(undone.length).toBeGreaterThan(0);
      for (const done of undone.splice(0)) done();
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
    expect(taken).toBe(2_000);
    expect(refused).toEqual([]);
  });

  it('ends with a packet that announces too much', async () => {
    const { socket, refused } = open(100);
    socket.write(Buffer.from([0x32, 0xff, 0x01]));
    await until('the cut', () => socket.destroyed);
    expect(refused).toEqual(['packet-too-large']);
  });
});
