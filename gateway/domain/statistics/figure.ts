/** Everything that is shown of one node in one period, with what is needed to compute it again. */
import type { Intervals, Proof } from '../../../protocol/score.ts';
import type { Counts } from '../../../protocol/vote.ts';
import { DEFAULT_WEIGHTS, type Weights } from '../score.ts';
import { DEFAULT_CONFIDENCE, type Estimate, intervalOf } from './interval.ts';
import { proofOf } from './proof.ts';
import { requireCounts } from './refusal.ts';
import { shareOf } from './share.ts';
import { weightedMean } from './weighted-mean.ts';

/**
 * Which formulas made a figure: the README of this folder, by this name. Another formula is another name, so that a figure that was
 * published can be computed again the way it was.
 */
export const METHOD = 'manyi/figures/1';

export type FigureRules = {
  weights?: Weights;
  /** Fewer votes than this are an insufficient sample. */
  minimum: number;
  /** Of the rate, 0 to 1. */
  target: number;
  confidence?: number;
};

export type Figure = {
  method: typeof METHOD;
  counts: Counts;
  votes: number;
  weights: Weights;
  minimum: number;
  target: number;
  confidence: number;
  isSufficient: boolean;
  /** (satisfied + basically) / votes, 0 to 1. All four are unrounded, and null without votes. */
  rate: Estimate | null;
  /** Weighted mean, in the weights' unit. */
  index: Estimate | null;
  satisfiedShare: Estimate | null;
  middleShare: Estimate | null;
  /** Of the rate against the target. */
  proof: Proof;
};

/** @throws StatisticsRefusal `counts-invalid`, `weights-invalid`, `level-invalid`, `target-invalid` */
export function figureOf(counts: Counts, rules: FigureRules): Figure {
  const { weights = DEFAULT_WEIGHTS, minimum, target, confidence = DEFAULT_CONFIDENCE } = rules;
  const votes = requireCounts(counts);
  const { satisfied, basically, unsatisfied } = counts;
  const share = (x: number) => (votes === 0 ? null : shareOf(x, votes, confidence));
  const rate = share(satisfied + basically);
  return {
    method: METHOD,
    counts,
    votes,
    weights,
    minimum,
    target,
    confidence,
    isSufficient: votes > 0 && votes >= minimum,
    rate,
    index:
      votes === 0
        ? null
        : weightedMean(
            [satisfied, basically, unsatisfied],
            [weights.satisfied, weights.basically, weights.unsatisfied],
            confidence,
          ),
    satisfiedShare: share(satisfied),
    middleShare: share(basically),
    proof: proofOf(rate, { votes, minimum, target }),
  };
}

/** Of the four figures; null without votes. */
export function intervalsOf({ rate, index, satisfiedShare, middleShare }: Figure): Intervals | null {
  if (!rate || !index || !satisfiedShare || !middleShare) return null;
  return {
    rate: intervalOf(rate),
    index: intervalOf(index),
    satisfiedShare: intervalOf(satisfiedShare),
    middleShare: intervalOf(middleShare),
  };
}
