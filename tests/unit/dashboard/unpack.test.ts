/** A wall reads what comes in the order in which it came, though the snapshot takes a moment to unpack. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { canUnpack, createUnpacker } from '../../../dashboard/src/live/unpack.ts';
import { until } from '../../support/wait.ts';

const packed = (text: string) => new Uint8Array(gzipSync(text)).buffer;

describe('what a wall is sent', () => {
  it('is read in its order, compressed or not', async () => {
    expect(canUnpack).toBe(true);
    const got: string[] = [];
    const { take } = createUnpacker(
      (text) => got.push(text),
      () => got.push('failed'),
    );
    take('a');
    expect(got).toEqual(['a']);
    const long = '满'.repeat(1_000_000);
    take(packed(long));
    take('c');
    take(packed('d'));
    take(packed('e'));
    take('f');
    await until('all of it', () => got.length === 6);
    expect(got).toEqual(['a', long, 'c', 'd', 'e', 'f']);
    take('g');
    expect(got.at(-1)).toBe('g');
  });

  it('that cannot be unpacked is told of, and what follows is read', async () => {
    const got: string[] = [];
    const { take } = createUnpacker(
      (text) => got.push(text),
      () => got.push('failed'),
    );
    take(new TextEncoder().encode('no gzip').buffer);
    take('next');
    await until('both', () => got.length === 2);
    expect(got).toEqual(['failed', 'next']);
  });
});
