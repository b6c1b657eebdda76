import type { Proof } from '../../../protocol/score.ts';
import type { Interval } from './interval.ts';
import { requireMinimum, StatisticsRefusal } from './refusal.ts';

/**
 * By the interval's unrounded ends.
 * @param interval null without votes
 * @param target in the interval's unit: 0.85 for a share
 * @throws StatisticsRefusal `target-invalid`
 */
export function proofOf(
  interval: Interval | null,
  { votes, minimum, target }: { votes: number; minimum: number; target: number },
): Proof {
  requireMinimum(minimum);
  if (!Number.isFinite(target))
    throw new StatisticsRefusal('target-invalid', `a target of ${target}: give a number, 0.85 for 85 %`);
  if (interval === null || votes < minimum) return 'insufficient';
  if (interval.lower >= target) return 'meets';
  return interval.upper < target ? 'fails' : 'open';
}
