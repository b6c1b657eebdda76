/** Every figure of one number of votes, from their definitions. */
import type { Proof } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { decimalOf, numberOf, ONE, standardErrors } from './decimal.ts';
import { type Interval, meanInterval, shareInterval } from './intervals.ts';

/** What figures are made by, as the gateway is told. */
export type FigureSettings = { weights: Counts; minimum: number; target: number; confidence: number };

export type Estimate = { value: number } & Interval;

export type Figures = {
  votes: number;
  rate: Estimate | null;
  index: Estimate | null;
  satisfiedShare: Estimate | null;
  middleShare: Estimate | null;
  isSufficient: boolean;
  proof: Proof;
};

/** @throws RangeError where the weights are all the same */
export function figuresOf(counts: Counts, settings: FigureSettings): Figures {
  const { satisfied, basically, unsatisfied } = counts;
  const votes = satisfied + basically + unsatisfied;
  const isSufficient = votes > 0 && votes >= settings.minimum;
  if (votes === 0)
    return {
      ...{ votes, rate: null, index: null, satisfiedShare: null, middleShare: null },
      ...{ isSufficient, proof: 'insufficient' },
    };
  const z = standardErrors(settings.confidence);
  const share = (x: number): Estimate => ({
    value: numberOf((BigInt(x) * ONE) / BigInt(votes)),
    ...shareInterval(x, votes, z),
  });
  const rate = share(satisfied + basically);
  return {
    votes,
    rate,
    index: indexOf([satisfied, basically, unsatisfied], settings.weights, z),
    satisfiedShare: share(satisfied),
    middleShare: share(basically),
    isSufficient,
    proof: isSufficient ? proofOf(rate, settings.target) : 'insufficient',
  };
}

function indexOf(counts: [number, number, number], weights: Counts, z: bigint): Estimate {
  const worth = [weights.satisfied, weights.basically, weights.unsatisfied].map(decimalOf);
  const [satisfied, basically, unsatisfied] = worth as [bigint, bigint, bigint];
  if (satisfied === basically && basically === unsatisfied)
    throw new RangeError('weights that are all the same make no index');
  const sum = counts.reduce((total, count, kind) => total + BigInt(count) * (worth[kind] as bigint), 0n);
  const votes = counts.reduce((total, count) => total + count, 0);
  return {
    value: numberOf(sum / BigInt(votes)),
    ...meanInterval(counts, [satisfied, basically, unsatisfied], z),
  };
}

/** By the ends as they are, not as they are shown. */
function proofOf({ lower, upper }: Interval, target: number): Proof {
  if (lower >= target) return 'meets';
  return upper < target ? 'fails' : 'open';
}
