/**
 * R3: one 不满意, then two or more 满意 at once: whoever stands by makes up for a child's press, or for a citizen's. In a rush hour the next
 * citizens do the same, so it is held against the window's own pace around it.
 */

import { poissonAtLeast } from './chance.ts';
import type { SeenVote } from './flag.ts';
import { type Flag, flagOf } from './flag.ts';

export const COMPENSATION = { withinMs: 60_000, least: 2, paceMs: 1_800_000, chance: 0.01 } as const;

/** @param votes of one device, whatever their verdicts: those who make up for something are too soon. */
export function findCompensation(votes: readonly SeenVote[], rule = COMPENSATION): Flag[] {
  const { withinMs, least, paceMs, chance } = rule;
  const flags: Flag[] = [];
  votes.forEach((bad, index) => {
    if (bad.rating !== 2) return;
    const next = votes.slice(index + 1, index + 1 + 200);
    const end = next.findIndex(({ at, rating }) => at > bad.at + withinMs || rating !== 0);
    const made = end === -1 ? next : next.slice(0, end);
    if (made.length < least) return;
    const others = satisfiedAround(votes, index, paceMs) - made.length;
    // One more than there are: of a window that nobody else has used all would be impossible.
    const expected = ((others + 1) * withinMs) / (2 * paceMs - withinMs);
    const probability = poissonAtLeast(made.length, expected);
    if (probability < chance)
      flags.push(
        flagOf('compensation', [bad, ...made], { satisfied: made.length, expected, probability }, chance),
      );
  });
  return flags;
}

function satisfiedAround(votes: readonly SeenVote[], index: number, paceMs: number): number {
  const { at } = votes[index] as SeenVote;
  let count = 0;
  for (const step of [-1, 1])
    for (let other = index + step; ; other += step) {
      const vote = votes[other];
      if (vote === undefined || Math.abs(vote.at - at) > paceMs) break;
      if (vote.rating === 0) count += 1;
    }
  return count;
}
