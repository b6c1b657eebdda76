/** Places of many nodes beside each other: never of one whose sample is insufficient, never without the places that it may truly have. */
import type { Counts } from '../../../protocol/vote.ts';
import type { Weights } from '../score.ts';
import { votesIn } from '../tally.ts';
import { competitionRanks } from './competition-ranks.ts';
import { exactLimits } from './exact-limits.ts';
import { fisherGreater, logHypergeometric } from './fisher.ts';
import { DEFAULT_CONFIDENCE, type Interval } from './interval.ts';
import { type RankSet, rankSetsOfIntervals, rankSetsOfPairs } from './rank-sets.ts';
import { requireCounts, requireLevel, requireMinimum, requireWeights } from './refusal.ts';

/** Up to so many are compared pair by pair, which tells more of few; more by their intervals, which is as good at size, and fast. */
export const PAIRS_AT_MOST = 200;

/** `rank` by the figure alone, 1 the best, equals share it; both null where the sample is insufficient. */
export type Placing = { rank: number; set: RankSet } | { rank: null; set: null };
export type RankOptions = {
  minimum: number;
  confidence?: number;
  /** Instead of `exactLimits`, by whoever remembers what it gave. */
  limitsOf?: typeof exactLimits;
};

const UNPLACED: Placing = { rank: null, set: null };
const goodOf = ({ satisfied, basically }: Counts) => satisfied + basically;

function place(
  nodes: readonly Counts[],
  { minimum, confidence = DEFAULT_CONFIDENCE }: RankOptions,
  figureIn: (counts: Counts, votes: number) => number,
  setsOf: (ranked: readonly Counts[], level: number) => RankSet[],
): Placing[] {
  requireLevel(confidence, 'the confidence');
  requireMinimum(minimum);
  const isRanked = nodes.map((counts) => requireCounts(counts) >= Math.max(1, minimum));
  const ranked = nodes.filter((_counts, at) => isRanked[at]);
  const ranks = competitionRanks(ranked.map((counts) => figureIn(counts, votesIn(counts))));
  const sets = setsOf(ranked, 1 - confidence);
  let next = 0;
  return isRanked.map((is) => {
    if (!is) return UNPLACED;
    const placing = { rank: ranks[next] as number, set: sets[next] as RankSet };
    next += 1;
    return placing;
  });
}

function setsByPairs(ranked: readonly Counts[], level: number): RankSet[] {
  return rankSetsOfPairs(ranked.length, level, (i, j, cutOff) => {
    const [first, second] = [ranked[i] as Counts, ranked[j] as Counts];
    const shares = { x1: goodOf(first), n1: votesIn(first), x2: goodOf(second), n2: votesIn(second) };
    if (shares.x1 / shares.n1 <= shares.x2 / shares.n2) return null;
    // The tail is at least its first part.
    return logHypergeometric(shares) > Math.log(cutOff) ? null : fisherGreater(shares);
  });
}

/** Bonferroni's share of the level for each end of each interval: all hold together, whatever they have to do with each other. */
function limitsOfRate(counts: Counts, level: number, limitsOf = exactLimits): Interval {
  return limitsOf(goodOf(counts), votesIn(counts), level / 2);
}

/**
 * By the satisfaction rate. The sets all hold at once with at least the confidence, for every n and every true rate: pairs by Fisher's
 * exact test, or exact intervals.
 * @throws StatisticsRefusal `counts-invalid`, `level-invalid`, `target-invalid`
 */
export function rankByRate(nodes: readonly Counts[], options: RankOptions): Placing[] {
  return place(
    nodes,
    options,
    (counts, votes) => goodOf(counts) / votes,
    (ranked, level) =>
      ranked.length <= PAIRS_AT_MOST
        ? setsByPairs(ranked, level)
        : rankSetsOfIntervals(
            ranked.map((counts) => limitsOfRate(counts, level / ranked.length, options.limitsOf)),
          ),
  );
}

/** Of the votes, how many have at least a weight, and how much that is more than the next lower one; for every weight but the lowest. */
function stepsOf(weights: Weights): { height: number; reached: (counts: Counts) => number }[] {
  const levels = [...new Set(Object.values(weights))].sort((a, b) => b - a);
  return levels.slice(0, -1).map((level, at) => ({
    height: level - (levels[at + 1] as number),
    reached: (counts) =>
      (weights.satisfied >= level ? counts.satisfied : 0) +
      (weights.basically >= level ? counts.basically : 0) +
      (weights.unsatisfied >= level ? counts.unsatisfied : 0),
  }));
}

/**
 * By the satisfaction index, which is the lowest weight plus, for each higher one, the share that reaches it times the height of the
 * step: exact intervals of these shares make one that holds for every n and every true distribution.
 * @throws StatisticsRefusal `counts-invalid`, `weights-invalid`, `level-invalid`, `target-invalid`
 */
export function rankByIndex(nodes: readonly Counts[], weights: Weights, options: RankOptions): Placing[] {
  requireWeights(Object.values(weights));
  const steps = stepsOf(weights);
  const lowest = Math.min(...Object.values(weights));
  const indexOf = ({ satisfied, basically, unsatisfied }: Counts, votes: number) =>
    (satisfied * weights.satisfied + basically * weights.basically + unsatisfied * weights.unsatisfied) /
    votes;
  return place(nodes, options, indexOf, (ranked, level) =>
    rankSetsOfIntervals(
      ranked.map((counts) => {
        const each = level / ranked.length / steps.length / 2;
        const sum = { lower: lowest, upper: lowest };
        for (const { height, reached } of steps) {
          const limits = exactLimits(reached(counts), votesIn(counts), each);
          sum.lower += height * limits.lower;
          sum.upper += height * limits.upper;
        }
        return sum;
      }),
    ),
  );
}
