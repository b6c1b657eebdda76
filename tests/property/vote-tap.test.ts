/**
 * Each packet of a connection is either taken as a vote or reaches the broker untouched, once and in order, wherever the
 * chunks are cut. (Votes behind another packet in the same chunk may go the long way.)
 */
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tapVotes } from '../../gateway/mqtt/vote-tap.ts';
import { until } from '../support/wait.ts';

const TOPIC = 'manyi/v1/t-1/votes';

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

type Piece = { vote: boolean; bytes: Buffer; payload: string; id: number };
const payload = fc.string({ maxLength: 300, unit: 'grapheme-ascii' });
const id = fc.integer({ min: 1, max: 65_535 });
const votes = fc.tuple(payload, id, fc.constantFrom(0x32, 0x3a)).map(
  ([text, packetId, first]): Piece => ({
    vote: true,
    bytes: publish(TOPIC, text, packetId, first),
    payload: text,
    id: packetId,
  }),
);
const others = fc
  .oneof(
    fc.constant(Buffer.from([0xc0, 0])),
    fc.tuple(payload, id).map(([text, packetId]) => publish('manyi/v1/t-1/hello', text, packetId)),
    fc.tuple(payload, id).map(([text, packetId]) => publish('manyi/v1/t-2/votes', text, packetId)),
    payload.map((text) => publish(TOPIC, text, 0, 0x30)),
    fc.tuple(payload, id).map(([text, packetId]) => publish(TOPIC, text, packetId, 0x33)),
    fc.tuple(payload, id).map(([text, packetId]) => publish(TOPIC, text, packetId, 0x34)),
    payload.map((text) => publish(TOPIC, text, 0)),
  )
  .map((bytes): Piece => ({ vote: false, bytes, payload: '', id: 0 }));

describe('the tap', () => {
  it('takes every vote once and in order, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: votes }, others), {
          maxLength: 30,
          selector: ({ vote, id: packetId, bytes }) => (vote ? packetId : bytes.toString('hex')),
        }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }),
        async (pieces, cuts) => {
          const stream = new PassThrough();
          const tap = tapVotes(stream as unknown as Socket, 17_408, () => {
            throw new Error('too large');
          });
          const taken: [number, string][] = [];
          const passed: Buffer[] = [];
          tap.arm(
            TOPIC,
            (bytes, packetId, done) => {
              taken.push([packetId, bytes.toString()]);
              done();
            },
            () => {},
          );
          stream.on('readable', () => {
            const chunk = stream.read() as Buffer | null;
            if (chunk) passed.push(chunk);
          });
          const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
          for (let at = 0, cut = 0; at < bytes.length; cut++) {
            const size = cuts[cut % cuts.length] as number;
            stream.write(bytes.subarray(at, at + size));
            await new Promise(setImmediate);
            at += size;
          }
          const isTaken = ({ vote, id: packetId }: Piece) => vote && taken.some(([one]) => one === packetId);
          const untaken = () =>
            Buffer.concat(pieces.filter((piece) => !isTaken(piece)).map((piece) => piece.bytes));
          await until('every byte', () => Buffer.concat(passed).length === untaken().length);
          expect(Buffer.concat(passed).equals(untaken())).toBe(true);
          const tapped = pieces.filter(isTaken);
          expect(taken).toEqual(tapped.map((piece) => [piece.id, piece.payload]));
          if (pieces.every(({ vote }) => vote)) expect(taken).toHaveLength(pieces.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('reads no more while too much is undone, and goes on when it is done', async () => {
    const stream = new PassThrough({ highWaterMark: 1 << 20 });
    const tap = tapVotes(stream as unknown as Socket, 17_408, () => {});
    const undone: (() => void)[] = [];
    let taken = 0;
    tap.arm(
      TOPIC,
      (_payload, _id, done) => {
        taken += 1;
        undone.push(done);
      },
      () => {},
    );
    stream.on('readable', () => stream.read());
    const chunk = Buffer.concat(Array.from({ length: 100 }, (_, at) => publish(TOPIC, 'x', at + 1)));
    for (let sent = 0; sent < 20; sent++) {
      stream.write(chunk);
      await new Promise(setImmediate);
    }
    expect(taken).toBeGreaterThanOrEqual(512);
    expect(taken).toBeLessThan(2_000);
    while (taken < 2_000) {
      expect(undone.length).toBeGreaterThan(0);
      for (const done of undone.splice(0)) done();
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
    expect(taken).toBe(2_000);
  });

  it('cuts a connection whose packet announces too much', async () => {
    const stream = new PassThrough();
    let refused = 0;
    tapVotes(stream as unknown as Socket, 100, () => {
      refused += 1;
    });
    stream.on('readable', () => stream.read());
    stream.write(Buffer.from([0x32, 0xff, 0x01]));
    await until('the cut', () => stream.destroyed);
    expect(refused).toBe(1);
  });
});
