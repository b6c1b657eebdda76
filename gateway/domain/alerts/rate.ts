/** A rate that is under the target, with proof. */
import type { Counts } from '../../../protocol/vote.ts';
import { proofOf } from '../statistics/proof.ts';
import { shareOf } from '../statistics/share.ts';
import { votesIn } from '../tally.ts';

export type RateGoal = { target: number; minimum: number; confidence: number; closesAbove: number };

export type RateFound = { state: 'holds' | 'between' | 'ended'; rate: number | null; upper: number | null };

/**
 * Too few votes prove nothing, neither that it is under the target nor that it is not any more: with the new day, what was proved
 * yesterday goes on until today's votes say otherwise.
 */
export function judgeRate(counts: Counts, { target, minimum, confidence, closesAbove }: RateGoal): RateFound {
  const votes = votesIn(counts);
  const share = votes === 0 ? null : shareOf(votes - counts.unsatisfied, votes, confidence);
  const proof = proofOf(share, { votes, minimum, target });
  if (share === null || proof === 'insufficient')
    return { state: 'between', rate: share?.value ?? null, upper: share?.upper ?? null };
  const { value: rate, upper } = share;
  if (proof === 'fails') return { state: 'holds', rate, upper };
  return { state: upper >= Math.min(1, target + closesAbove) ? 'ended' : 'between', rate, upper };
}
