/** What of a window's votes moves together from one published state to the next, and whether it may. */
import type { Counts } from '../../../protocol/vote.ts';
import { addCounts, emptyCounts, votesIn } from '../tally.ts';

/** The first to be held back. */
const FROM_THE_BEST = ['satisfied', 'basically', 'unsatisfied'] as const;

/**
 * What leads from one state to another: as many votes as there are more now, whatever their ratings, so that when they are told says
 * nothing of these. Where others were taken out meanwhile, as many of those that have come are held back: a single vote that does not
 * count any more cannot be told by its rating. Nothing is taken back: of a step of four, three that are would tell the fourth.
 * @returns null where there are no more than before
 */
export function moveBetween(from: Counts, to: Counts): Counts | null {
  if (votesIn(to) <= votesIn(from)) return null;
  const move = emptyCounts();
  let debt = 0;
  for (const rating of FROM_THE_BEST) {
    const change = to[rating] - from[rating];
    if (change < 0) debt -= change;
    else move[rating] = change;
  }
  for (const rating of FROM_THE_BEST) {
    const held = Math.min(debt, move[rating]);
    move[rating] -= held;
    debt -= held;
  }
  return move;
}

/**
 * Nobody among them is known to have been other than satisfied: so many of them were. That all were may be told; a rate of 100 % says
 * it anyway.
 */
export function isMixed({ satisfied }: Counts, leastVotes: number): boolean {
  return satisfied >= Math.ceil(leastVotes / 2);
}

/** As many votes as `earlier`, as far as they are still there by their ratings; what has another one since, is another. */
export function asFarAsStill(earlier: Counts, now: Counts): Counts {
  const kept = emptyCounts();
  let missing = Math.min(votesIn(earlier), votesIn(now));
  for (const rating of FROM_THE_BEST) {
    kept[rating] = Math.min(earlier[rating], now[rating]);
    missing -= kept[rating];
  }
  for (const rating of FROM_THE_BEST) {
    const more = Math.min(missing, now[rating] - kept[rating]);
    kept[rating] += more;
    missing -= more;
  }
  return kept;
}

export function sumOf(parts: readonly Counts[]): Counts {
  const sum = emptyCounts();
  for (const part of parts) addCounts(sum, part);
  return sum;
}
