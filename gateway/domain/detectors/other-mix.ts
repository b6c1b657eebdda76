/**
 * R13: a mix of ratings that is neither the window's own nor what its own would be if it had changed as its siblings have. Days differ more
 * than chance makes them: the limits are as much wider as the window's own days were apart (over-dispersion, Spiegelhalter 2005).
 */
import { type Counts, RATINGS, type Rating } from '../../../protocol/vote.ts';
import { overDispersion } from '../statistics/funnel.ts';
import { votesIn } from '../tally.ts';
import { type Flag, flagOf } from './flag.ts';

/** Limits that a share of n votes lies between by chance, where it is truly `share`: all three together 99.8 %. */
export type AlarmLimits = (n: number, share: number) => { lower: number; upper: number };

export const OTHER_MIX = { least: 20, alpha: 0.002 } as const;

export type Mixes = {
  /** What counted in the week. */
  now: Counts;
  /** … on each day of the time before, e.g. 30 days. */
  days: readonly Counts[];
  /** … at all siblings together, in the week and in the time before. */
  siblings: Counts;
  siblingsBefore: Counts;
};

export function findOtherMix(mixes: Mixes, limitsOf: AlarmLimits, rule = OTHER_MIX): Flag | null {
  const { now, days, siblings, siblingsBefore } = mixes;
  const own = sumOf(days);
  const votes = votesIn(now);
  if ([now, own, siblings, siblingsBefore].some((counts) => votesIn(counts) < rule.least)) return null;
  for (const rating of RATINGS) {
    const share = now[rating] / votes;
    const usual = expectedShare(own, rating);
    const asSiblings = shifted(usual, expectedShare(siblingsBefore, rating), expectedShare(siblings, rating));
    const spread = spreadOf(days, rating, usual);
    // What is expected is an estimate itself.
    const [ofOwn, ofSiblings] = [
      votes / votesIn(own),
      votes / votesIn(siblings) + votes / votesIn(siblingsBefore),
    ];
    const beyond = [
      { expected: usual, wider: spread * Math.sqrt(1 + ofOwn) },
      { expected: asSiblings, wider: spread * Math.sqrt(1 + ofOwn + ofSiblings) },
    ].map(({ expected, wider }) => {
      const { lower, upper } = limitsOf(votes, expected);
      if (share < expected - (expected - lower) * wider) return -1;
      return share > expected + (upper - expected) * wider ? 1 : 0;
    });
    if (beyond[0] === 0 || beyond[0] !== beyond[1]) continue;
    const figures = {
      ...{ rating: RATINGS.indexOf(rating), votes, share },
      ...{ ownShare: own[rating] / votesIn(own), asSiblingsShare: asSiblings, spread },
    };
    return flagOf('mix', [], figures, rule.alpha);
  }
  return null;
}

/** Half a vote more of each kind and its opposite: nothing is impossible because it has not been seen. */
const expectedShare = (counts: Counts, rating: Rating) => (counts[rating] + 0.5) / (votesIn(counts) + 1);

const odds = (share: number) => share / (1 - share);

/** A share whose odds have changed as those from `before` to `now` have. */
function shifted(share: number, before: number, now: number): number {
  const changed = (odds(share) * odds(now)) / odds(before);
  return changed / (1 + changed);
}

const LEAST_OF_DAY = 10;
const LEAST_DAYS = 5;

/** How much further apart its days are than chance makes them; never less than that. */
function spreadOf(days: readonly Counts[], rating: Rating, share: number): number {
  const shares = days
    .map((counts) => ({ x: counts[rating], n: votesIn(counts) }))
    .filter(({ n }) => n >= LEAST_OF_DAY);
  if (shares.length < LEAST_DAYS) return 1;
  return Math.sqrt(Math.max(1, overDispersion(shares, share, 0) ?? 1));
}

function sumOf(all: readonly Counts[]): Counts {
  const sum = { satisfied: 0, basically: 0, unsatisfied: 0 };
  for (const counts of all) for (const rating of RATINGS) sum[rating] += counts[rating];
  return sum;
}
