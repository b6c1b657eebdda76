/** R9: at the end of the shift everybody is content, day after day. */
import { type Flag, flagOf, type SeenVote } from './flag.ts';

export const ENDINGS = { lastMs: 600_000, chance: 1e-3, days: 3 } as const;

/** One day's votes that count, and when the shift or the window ended. */
export type Shift = { endAt: number; votes: readonly SeenVote[] };

/** P(X₁ ≥ x₁) of two shares that are truly the same, exactly (Fisher). */
export type FisherGreater = (shares: { x1: number; n1: number; x2: number; n2: number }) => number;

/** @returns one flag for all such days together, with the votes of their last minutes. */
export function findEndings(
  shifts: readonly Shift[],
  fisherGreater: FisherGreater,
  rule = ENDINGS,
): Flag | null {
  const last: SeenVote[] = [];
  let days = 0;
  let probability = 0;
  for (const { endAt, votes } of shifts) {
    const isLast = ({ at }: SeenVote) => at >= endAt - rule.lastMs && at <= endAt;
    const late = votes.filter(isLast);
    const rest = votes.filter((vote) => !isLast(vote));
    if (late.length === 0 || rest.length === 0) continue;
    const satisfied = (some: readonly SeenVote[]) => some.filter(({ rating }) => rating === 0).length;
    const chance = fisherGreater({
      ...{ x1: satisfied(late), n1: late.length },
      ...{ x2: satisfied(rest), n2: rest.length },
    });
    if (chance >= rule.chance) continue;
    days += 1;
    probability = Math.max(probability, chance);
    last.push(...late.filter(({ rating }) => rating === 0));
  }
  if (days < rule.days) return null;
  return flagOf(
    'ending',
    last,
    { days, ofDays: shifts.length, greatestProbability: probability },
    rule.chance,
  );
}
