/**
 * One number decides everything that a fault test draws: print it, and the same run can be had again. MANYI_SEED sets it
 * (`npm run test:faults -- --seed N`); vitest.config.ts draws one when it is not set, and announce.ts prints it.
 */
import { createHash } from 'node:crypto';

export const seed = Number(process.env.MANYI_SEED);
if (!Number.isSafeInteger(seed))
  throw new Error(`MANYI_SEED=${process.env.MANYI_SEED}: must be a whole number`);

/** A pass of minutes: fewer rounds, smaller numbers, the same cases. The default; MANYI_FAULTS=full asks for all. */
export const isQuick = process.env.MANYI_FAULTS !== 'full';

/** The one for the quick pass, or the other for the full one. */
export const scaled = <T>(quick: T, full: T): T => (isQuick ? quick : full);

export type Random = {
  /** 0 to 1, 1 excluded. */
  fraction(): number;
  /** Whole, both included. */
  between(from: number, to: number): number;
  pick<T>(from: readonly T[]): T;
  shuffle<T>(list: readonly T[]): T[];
  chance(probability: number): boolean;
  bytes(length: number): Buffer;
};

/** A stream of its own for each name: a draw added to one case changes none in another. */
export function seededRandom(name: string): Random {
  let state = createHash('sha256').update(`${seed}/${name}`).digest().readUInt32LE(0);
  // mulberry32 (public domain, Tommy Ettinger)
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    between,
    pick: <T>(from: readonly T[]) => from[between(0, from.length - 1)] as T,
    shuffle<T>(list: readonly T[]) {
      const mixed = [...list];
      for (let at = mixed.length - 1; at > 0; at--) {
        const other = between(0, at);
        [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
      }
      return mixed;
    },
    chance: (probability) => fraction() < probability,
    bytes: (length) => Buffer.from(Array.from({ length }, () => between(0, 255))),
  };
}
