/** Places by the figures themselves, the greatest first; equal figures share one. */
import { countBelow, countUpTo } from './sorted.ts';

/** 1, 2, 2, 4: equals have the best place of theirs. */
export function competitionRanks(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return values.map((value) => 1 + sorted.length - countUpTo(sorted, value));
}

/** 1, 2.5, 2.5, 4: equals have the middle of their places. */
export function midRanks(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return values.map((value) => {
    const [best, worst] = [
      1 + sorted.length - countUpTo(sorted, value),
      sorted.length - countBelow(sorted, value),
    ];
    return (best + worst) / 2;
  });
}
