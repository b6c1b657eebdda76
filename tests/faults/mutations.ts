/** What can happen to any bytes. */
import type { Random } from './seed.ts';

export type Mutation = (bytes: Buffer, random: Random) => Buffer;

export const BYTE_MUTATIONS: readonly Mutation[] = [
  function flipBits(bytes, random) {
    const changed = Buffer.from(bytes);
    for (let count = random.between(1, 8); count > 0 && changed.length > 0; count--) {
      const at = random.between(0, changed.length - 1);
      changed[at] = (changed[at] as number) ^ (1 << random.between(0, 7));
    }
    return changed;
  },
  function insertBytes(bytes, random) {
    const at = random.between(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(random.between(1, 40)), bytes.subarray(at)]);
  },
  function removeBytes(bytes, random) {
    const at = random.between(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 20))]);
  },
  function cutShort(bytes, random) {
    return bytes.subarray(0, random.between(0, bytes.length));
  },
  function repeat(bytes, random) {
    return Buffer.concat(Array.from({ length: random.between(2, 30) }, () => bytes));
  },
];
