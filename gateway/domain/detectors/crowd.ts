/**
 * R4 in its second form: three times as many votes in an hour as the busiest of a thousand such hours has. An outing of a school does the
 * same, so it is a person who looks.
 */
import { poissonQuantile } from './chance.ts';
import { type Flag, flagOf, type SeenVote } from './flag.ts';

export const CROWD = { chance: 1e-3, times: 3, least: 20 } as const;

/** @param votes of one window in one hour that count. @param usual how many that hour of the week had in the weeks before. */
export function findCrowd(votes: readonly SeenVote[], usual: readonly number[], rule = CROWD): Flag | null {
  if (usual.length === 0 || votes.length < rule.least) return null;
  const expected = usual.reduce((sum, count) => sum + count, 0) / usual.length;
  const quantile = poissonQuantile(rule.chance, expected);
  const most = rule.times * Math.max(1, quantile);
  if (votes.length <= most) return null;
  return flagOf('crowd', votes, { votes: votes.length, expected, quantile }, most);
}
