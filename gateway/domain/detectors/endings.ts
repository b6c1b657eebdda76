/** R9: at the end of the shift everybody is content, day after day. */
import { type Flag, flagOf, type SeenVote } from './flag.ts';

export const ENDINGS = { lastMs: 600_000, chance: 1e-3, days: 3 } as const;

/** One day's votes that count, and when the shift or the window ended. */
export type Shift = { endAt: number; votes: readonly SeenVote[] };

/** P(X₁ ≥ x₁) of two shares that are truly the same, exactly (Fisher). */
export type FisherGreater = (shares: { x1: number; n1: number; x2: number; n2: number }) => number;

/**
 * The days are taken together: a single day's last ten minutes are too few to tell anything.
 * @returns one flag for all days whose end was better than the rest, with the good votes of their last minutes.
 */
export function findEndings(
  shifts: readonly Shift[],
  fisherGreater: FisherGreater,
  rule = ENDINGS,
): Flag | null {
  const last: SeenVote[] = [];
  const sum = { x1: 0, n1: 0, x2: 0, n2: 0 };
  let days = 0;
  for (const { endAt, votes } of shifts) {
    const isLast = ({ at }: SeenVote) => at >= endAt - rule.lastMs && at <= endAt;
    const late = votes.filter(isLast);
    const rest = votes.filter((vote) => !isLast(vote));
    if (late.length === 0 || rest.length === 0) continue;
    const good = late.filter(({ rating }) => rating === 0);
    const others = rest.filter(({ rating }) => rating === 0).length;
    sum.x1 += good.length;
    sum.n1 += late.length;
    sum.x2 += others;
    sum.n2 += rest.length;
    if (good.length * rest.length <= others * late.length) continue;
    days += 1;
    last.push(...good);
  }
  if (days < rule.days) return null;
  const probability = fisherGreater(sum);
  if (probability >= rule.chance) return null;
  const figures = { days, ofDays: shifts.length, lateSatisfied: sum.x1, late: sum.n1 };
  return flagOf(
    'ending',
    last,
    { ...figures, restSatisfied: sum.x2, rest: sum.n2, probability },
    rule.chance,
  );
}
