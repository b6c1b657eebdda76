/** Cities whose true rates are known, for what is said about rates that are not: the same city for the same seed. */
import type { Counts } from '../../protocol/vote.ts';

/** Numbers of 0 to 1, 1 excluded: mulberry32 (public domain, Tommy Ettinger). */
export function drawFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a node's citizens truly think: the share of each of the better two ratings. */
export type Mind = { satisfied: number; basically: number };

export function voteBy({ satisfied, basically }: Mind, votes: number, draw: () => number): Counts {
  const counts = { satisfied: 0, basically: 0, unsatisfied: 0 };
  for (let vote = 0; vote < votes; vote++) {
    const at = draw();
    if (at < satisfied) counts.satisfied += 1;
    else if (at < satisfied + basically) counts.basically += 1;
    else counts.unsatisfied += 1;
  }
  return counts;
}

/** The places that are true of each: equals share theirs. `best` is one more than how many are truly better. */
export function truePlaces(values: readonly number[]): { best: number; worst: number }[] {
  const places = new Map<number, { best: number; worst: number }>();
  [...values]
    .sort((a, b) => b - a)
    .forEach((value, at) => {
      const place = places.get(value) ?? { best: at + 1, worst: at + 1 };
      places.set(value, { ...place, worst: at + 1 });
    });
  return values.map((value) => places.get(value) as { best: number; worst: number });
}
