/**
 * Which places each of many can truly have: [1 + how many are certainly better, m − how many are certainly worse]. Where no single
 * "certainly" is wrong, every set holds its true place; so they hold together with the confidence of the whole.
 */
import { holmRejections } from './holm.ts';
import type { Interval } from './interval.ts';
import { countBelow } from './sorted.ts';

/** Places from 1, the best; both ends are possible. */
export type RankSet = { best: number; worst: number };

/**
 * From intervals that hold all at once: certainly better is whose interval lies wholly above. Klein, Wright & Wieczorek, A joint
 * confidence region for an overall ranking of populations, JRSS C 69 (2020) 589–606, theorem 1.
 */
export function rankSetsOfIntervals(intervals: readonly Interval[]): RankSet[] {
  const m = intervals.length;
  const uppers = Float64Array.from(intervals, ({ upper }) => upper).sort();
  const negatedLowers = Float64Array.from(intervals, ({ lower }) => -lower).sort();
  return intervals.map(({ lower, upper }) => ({
    best: 1 + countBelow(negatedLowers, -upper),
    worst: m - countBelow(uppers, lower),
  }));
}

/**
 * From tests of every pair, Holm's correction over all m(m−1) of "i is not better than j": Mogstad, Romano, Shaikh & Wilhelm, Inference
 * for ranks with applications to mobility across neighbourhoods and academic achievement across countries, Review of Economic
 * Studies 91 (2024) 476–518, with Holm's in the place of their bootstrap.
 * @param pOf the p-value of "i is not better than j"; null where it is certain to be above `cutOff`, which decides nothing
 */
export function rankSetsOfPairs(
  m: number,
  level: number,
  pOf: (i: number, j: number, cutOff: number) => number | null,
): RankSet[] {
  const family = m * (m - 1);
  // Of a pair one direction at most is ever rejected, so no test is held against a higher level than this.
  const cutOff = level / (family / 2);
  const found: { better: number; worse: number; p: number }[] = [];
  for (let better = 0; better < m; better++)
    for (let worse = 0; worse < m; worse++) {
      const p = better === worse ? null : pOf(better, worse, cutOff);
      if (p !== null && p <= cutOff) found.push({ better, worse, p });
    }
  found.sort((a, b) => a.p - b.p);
  const sets = Array.from({ length: m }, () => ({ best: 1, worst: m }));
  const rejected = holmRejections(
    found.map(({ p }) => p),
    family,
    level,
  );
  for (const { better, worse } of found.slice(0, rejected)) {
    (sets[worse] as RankSet).best += 1;
    (sets[better] as RankSet).worst -= 1;
  }
  return sets;
}

/** Which of them can be among the best k: holds the true ones together with the confidence of the sets. */
export function canBeAmongBest(sets: readonly (RankSet | null)[], k: number): boolean[] {
  return sets.map((set) => set !== null && set.best <= k);
}

/**
 * The grade whose places hold the whole set; null for "no distinction".
 * @param lastPlaces the last place of each grade, from the best grade on
 */
export function gradeOf({ best, worst }: RankSet, lastPlaces: readonly number[]): number | null {
  const grade = lastPlaces.findIndex((last) => best <= last);
  const after = grade === -1 ? Number.POSITIVE_INFINITY : (lastPlaces[grade] as number);
  return grade !== -1 && worst <= after ? grade : null;
}
