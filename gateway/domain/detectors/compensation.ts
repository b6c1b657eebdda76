/**
 * R3: one 不满意, then two or more 满意 at once: whoever stands by makes up for a child's press, or for a citizen's. Honest people do the same
 * by chance: the next citizens come, a companion follows at once, somebody impatient presses again. So each press that follows is held
 * against how often that happens at this device: who comes (a turn takes some seconds), and who presses again sooner than a turn.
 */

import { poissonAtLeast } from './chance.ts';
import type { SeenVote } from './flag.ts';
import { type Flag, flagOf } from './flag.ts';

export const COMPENSATION = { withinMs: 60_000, least: 2, chance: 3e-4 } as const;
/** The busiest of these spans around a press is its pace: a class of a school comes and goes in minutes. */
const PACES_MS = [1_800_000, 300_000, 120_000] as const;
/** Sooner than another person can step up and press; another button within it is a change of mind (R2). */
const TURN_MS = 3_000;
/** Companions press within it. */
const TOGETHER_MS = 20_000;
const MOST = 200;
/** What is expected of a device of which little is known, worth so many presses: one in twenty pressed again, one in eight is followed. */
const KNOWN_PRESSES = 40;
const AGAIN = 0.05;
const FOLLOWED = 0.125;

/** @param votes of one device in one day, whatever their verdicts: those who make up for something are too soon. */
export function findCompensation(votes: readonly SeenVote[], rule = COMPENSATION): Flag[] {
  const { withinMs, least, chance } = rule;
  const flags: Flag[] = [];
  const habits = habitsOf(votes);
  votes.forEach((bad, index) => {
    if (bad.rating !== 2) return;
    const corrected = votes[index + 1];
    const from = corrected?.rating === 0 && corrected.at - bad.at <= TURN_MS ? index + 2 : index + 1;
    const next = votes.slice(from, from + MOST);
    const end = next.findIndex(({ at, rating }) => at > bad.at + withinMs || rating !== 0);
    const made = end === -1 ? next : next.slice(0, end);
    if (made.length < least) return;
    const around = PACES_MS.map((paceMs) => ({ paceMs, satisfied: satisfiedAround(votes, index, paceMs) }));
    const paceBeside = (some: number) =>
      // One more than there are: of a window that nobody else has used all would be impossible.
      Math.max(...around.map(({ paceMs, satisfied }) => (satisfied - some + 1) / (2 * paceMs - withinMs)));
    const found = leastLikely(bad, made, paceBeside, habits, least);
    if (found.probability >= chance) return;
    flags.push(flagOf('compensation', [bad, ...made.slice(0, found.satisfied)], found, chance));
  });
  return flags;
}

/** Of all presses, how many are pressed again by the same hand, and how many are followed at once by another person. */
type Habits = { again: number; followed: number; all: number };

function habitsOf(votes: readonly SeenVote[]): Habits {
  let [again, followed] = [AGAIN * KNOWN_PRESSES, FOLLOWED * KNOWN_PRESSES];
  votes.forEach(({ at, rating }, index) => {
    const next = votes[index + 1];
    if (rating === 2 || next === undefined) return;
    if (next.at - at < TURN_MS) again += 1;
    else if (next.at - at < TOGETHER_MS) followed += 1;
  });
  const all = votes.length + KNOWN_PRESSES;
  return { again, followed, all };
}

/** Of the first two, three, … that follow, those that are explained least. */
function leastLikely(
  bad: SeenVote,
  made: readonly SeenVote[],
  paceBeside: (some: number) => number,
  { again, followed, all }: Habits,
  least: number,
) {
  let found = { satisfied: 0, spanMs: 0, people: 0, again: 0, expected: 0, probability: 1 };
  let [people, repeats] = [0, 0];
  made.forEach(({ at }, index) => {
    const satisfied = index + 1;
    const before = made[index - 1] ?? bad;
    if (index > 0 && at - before.at < TURN_MS) repeats += 1;
    else people += 1;
    if (satisfied < least) return;
    const spanMs = at - bad.at;
    const expected = paceBeside(satisfied) * spanMs + followed / all;
    // What is to be found must not be what it is held against.
    const probability = poissonAtLeast(people, expected) * ((again - repeats) / all) ** repeats;
    if (probability < found.probability)
      found = { satisfied, spanMs, people, again: repeats, expected, probability };
  });
  return found;
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
