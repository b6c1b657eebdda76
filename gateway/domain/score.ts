import type { Score } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';

/** What one vote of each rating is worth in the satisfaction index, 0 to 100. */
export type Weights = Counts;

export const DEFAULT_WEIGHTS: Weights = { satisfied: 100, basically: 60, unsatisfied: 0 };

/** Rate and index are left unrounded, so that anyone can recompute them; without votes both are null, never a guess. */
export function scoreOf(counts: Counts, weights: Weights): Score {
  const { satisfied, basically, unsatisfied } = counts;
  const votes = satisfied + basically + unsatisfied;
  if (votes === 0) return { counts, votes, rate: null, index: null };
  const weighted =
    satisfied * weights.satisfied + basically * weights.basically + unsatisfied * weights.unsatisfied;
  return { counts, votes, rate: (satisfied + basically) / votes, index: weighted / votes };
}
