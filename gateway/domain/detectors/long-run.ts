/** R6: the same button so many times in a row that it is not to be expected of the window's own citizens on such a day. */
import type { Counts } from '../../../protocol/vote.ts';
import type { RatingCode } from '../tally.ts';
import { type Flag, flagOf, type SeenVote } from './flag.ts';

export const LONG_RUN = { chance: 1e-4 } as const;

/**
 * @param votes of one window that count, of one day.
 * @param before what was counted there in the time before, e.g. 30 days: its own rate. One vote of each is added, so that what has never
 * been pressed is rare and not impossible.
 */
export function findLongRuns(votes: readonly SeenVote[], before: Counts, rule = LONG_RUN): Flag[] {
  const counts = [before.satisfied, before.basically, before.unsatisfied];
  const all = counts.reduce((sum, count) => sum + count, 0) + counts.length;
  const shareOf = (rating: RatingCode) => ((counts[rating] as number) + 1) / all;
  const flags: Flag[] = [];
  for (const run of runsOf(votes)) {
    const share = shareOf((run[0] as SeenVote).rating);
    // A day has so many runs of the button, and each of them might have been the long one.
    const runs = Math.max(1, (votes.length - run.length + 1) * share * (1 - share));
    // The first is any citizen's: what is improbable is that so many do the same after it.
    const probability = Math.min(1, runs * share ** (run.length - 1));
    if (probability < rule.chance)
      flags.push(flagOf('run', run, { votes: run.length, share, runs, probability }, rule.chance));
  }
  return flags;
}

function runsOf(votes: readonly SeenVote[]): SeenVote[][] {
  const runs: SeenVote[][] = [];
  for (const vote of votes) {
    const last = runs.at(-1);
    if (last?.[0]?.rating === vote.rating) last.push(vote);
    else runs.push([vote]);
  }
  return runs;
}
