/** One figure beside another: the period before, a year ago, the other nodes of the same parent together. */
import { type Change, changeOf, differenceOf } from './difference.ts';
import type { Figure } from './figure.ts';
import type { Estimate } from './interval.ts';
import { StatisticsRefusal } from './refusal.ts';

export type Difference = Estimate & { change: Change };
/** Null where one of them has no votes. */
export type Comparison = { rate: Difference | null; index: Difference | null };

function between(first: Estimate | null, second: Estimate | null): Difference | null {
  if (first === null || second === null) return null;
  const difference = differenceOf(first, second);
  return { ...difference, change: changeOf(difference) };
}

/**
 * How much `figure` is greater than `other`, whose votes must all be others: siblings are counted without the node itself.
 * @throws StatisticsRefusal `weights-invalid`, `level-invalid` where the two were not made by the same rules
 */
export function compare(figure: Figure, other: Figure): Comparison {
  const [a, b] = [figure.weights, other.weights];
  if (a.satisfied !== b.satisfied || a.basically !== b.basically || a.unsatisfied !== b.unsatisfied)
    throw new StatisticsRefusal(
      'weights-invalid',
      'the two indices have other weights: compute both by the same',
    );
  if (figure.confidence !== other.confidence)
    throw new StatisticsRefusal(
      'level-invalid',
      'the two figures have another confidence: compute both by the same',
    );
  return { rate: between(figure.rate, other.rate), index: between(figure.index, other.index) };
}
