/** R8: not one bad vote, where siblings with as many have some. */
import type { Counts } from '../../../protocol/vote.ts';
import { votesIn } from '../tally.ts';
import { type Flag, flagOf } from './flag.ts';

export const CEILING = { chance: 1e-3 } as const;

/** @param siblings what was counted at its siblings together, without it. Of siblings without a bad vote nothing can be said. */
export function findCeiling(own: Counts, siblings: Counts, rule = CEILING): Flag | null {
  const votes = votesIn(own);
  const others = votesIn(siblings);
  if (own.unsatisfied > 0 || votes === 0 || others === 0) return null;
  const badShare = siblings.unsatisfied / others;
  const probability = (1 - badShare) ** votes;
  if (probability >= rule.chance) return null;
  return flagOf('ceiling', [], { votes, badShareOfSiblings: badShare, probability }, rule.chance);
}
