/** R13: a mix of ratings that is neither the window's own nor that of its siblings. */
import { type Counts, RATINGS } from '../../../protocol/vote.ts';
import { votesIn } from '../tally.ts';
import { type Flag, flagOf } from './flag.ts';

/** Limits that a share of n votes lies between by chance, where it is truly `share`; 99.8 %. */
export type AlarmLimits = (n: number, share: number) => { lower: number; upper: number };

export const OTHER_MIX = { least: 20, alpha: 0.002 } as const;

/** @param own of the window in the time before, e.g. 30 days. @param siblings in the same period, without the window. */
export function findOtherMix(
  now: Counts,
  own: Counts,
  siblings: Counts,
  limitsOf: AlarmLimits,
  rule = OTHER_MIX,
): Flag | null {
  const votes = votesIn(now);
  if (votes < rule.least || votesIn(own) < rule.least || votesIn(siblings) < rule.least) return null;
  for (const rating of RATINGS) {
    const share = now[rating] / votes;
    const beyond = [own, siblings].map((usual) => {
      // Half a vote more of each kind and its opposite: nothing is impossible because it has not been seen.
      const expected = (usual[rating] + 0.5) / (votesIn(usual) + 1);
      const { lower, upper } = limitsOf(votes, expected);
      return share < lower ? -1 : share > upper ? 1 : 0;
    });
    if (beyond[0] === 0 || beyond[0] !== beyond[1]) continue;
    const figures = {
      ...{ rating: RATINGS.indexOf(rating), votes, share },
      ...{ ownShare: own[rating] / votesIn(own), siblingsShare: siblings[rating] / votesIn(siblings) },
    };
    return flagOf('mix', [], figures, rule.alpha);
  }
  return null;
}
