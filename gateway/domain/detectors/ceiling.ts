/**
 * R8: not one bad vote, where siblings with as many have some. Windows differ honestly: the share of bad votes is not one number but as
 * spread as it is among the siblings (beta-binomial; Kleinman 1973, see `priorOf`). An excellent counter is no suspect.
 */
import type { Counts } from '../../../protocol/vote.ts';
import { priorOf } from '../statistics/shrinkage.ts';
import { votesIn } from '../tally.ts';
import { type Flag, flagOf } from './flag.ts';

export const CEILING = { chance: 1e-3 } as const;

/** @param siblings what was counted at each of them. Of siblings without a bad vote, or of one alone, nothing can be said. */
export function findCeiling(own: Counts, siblings: readonly Counts[], rule = CEILING): Flag | null {
  const votes = votesIn(own);
  if (own.unsatisfied > 0 || votes === 0) return null;
  const bad = siblings.map((counts) => ({ x: counts.unsatisfied, n: votesIn(counts) }));
  const prior = priorOf(bad);
  if (prior === null || bad.every(({ x }) => x === 0)) return null;
  const probability = noneOf(votes, prior.mean * prior.strength, (1 - prior.mean) * prior.strength);
  if (probability >= rule.chance) return null;
  const figures = { votes, badShareOfSiblings: prior.mean, siblings: bad.length, strength: prior.strength };
  return flagOf('ceiling', [], { ...figures, probability }, rule.chance);
}

/** P(X = 0) of n, where the share is beta-distributed; the same to the last digit for any n. */
function noneOf(n: number, alpha: number, beta: number): number {
  let log = 0;
  for (let vote = 0; vote < n && log > -700; vote++) log += Math.log1p(-alpha / (alpha + beta + vote));
  return Math.exp(log);
}
