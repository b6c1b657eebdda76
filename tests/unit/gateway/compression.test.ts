/** Who gets what how, and what compression may cost. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chooseEncoding } from '../../../gateway/api/border/compression.ts';
import { createCompressor } from '../../../gateway/compress/compressor.ts';

describe('what an answer is compressed with', () => {
  it.each([
    [undefined, null],
    ['', null],
    ['identity', null],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['GZIP ; Q=0.1', 'gzip'],
    ['gzip;q=0', null],
    ['br;q=0, *', 'gzip'],
    ['*', 'br'],
    ['*;q=0', null],
    ['gzip;q=nonsense', null],
    [`${'x,'.repeat(10_000)}gzip`, null],
  ])('%j: %j', (accepted, encoding) => {
    expect(chooseEncoding(accepted)).toBe(encoding);
  });
});

describe('the compressor', () => {
  const text = Buffer.from('满意度'.repeat(100_000));

  it('does so much at once, lets so much wait, and says no to the rest', async () => {
    const { pack } = createCompressor(1);
    const answers = await Promise.all(Array.from({ length: 40 }, () => pack(text, 'gzip')));
    const packed = answers.filter((answer) => answer !== null);
    expect(packed).toHaveLength(1 + 16);
    for (const one of packed) expect(gunzipSync(one).equals(text)).toBe(true);
    // And goes on afterwards.
    expect((await pack(text, 'br'))?.length).toBeLessThan(text.length / 10);
  });

  it('has so many streams open, and each place again when one is closed', async () => {
    const { stream } = createCompressor();
    const streams = Array.from({ length: 12 }, () => stream('gzip'));
    expect(streams.filter((one) => one !== null)).toHaveLength(8);
    const closed = new Promise((resolve) => streams[0]?.once('close', resolve));
    streams[0]?.destroy();
    await closed;
    expect(stream('br')).not.toBeNull();
    expect(stream('br')).toBeNull();
  });
});
