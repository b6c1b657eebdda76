/** What is shown to those who may stand at a counter: no two observations give a single rating away. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMixed } from '../../gateway/domain/privacy/moves.ts';
import { NOTHING_SHOWN, type ShownWindow, step } from '../../gateway/domain/privacy/window-steps.ts';
import { addCounts, emptyCounts, votesIn } from '../../gateway/domain/tally.ts';
import { type Counts, RATINGS, type Rating } from '../../protocol/vote.ts';

const STEPS_A_DAY = 4;
const DAYS = 3;
const STEPS = STEPS_A_DAY * DAYS;
const ALWAYS = 1_000;

/** When somebody stood at the counter, of which day the press is, and when a person has taken it out again: all that can be watched. */
type Watched = { at: number; day: number; takenOutAt: number };

const watched = (most: number, withCorrections: boolean) =>
  fc.array(
    fc
      .record({
        at: fc.nat(STEPS - 2),
        lateDays: fc.constantFrom(0, 0, 0, 0, 1),
        lasts: withCorrections ? fc.constantFrom(ALWAYS, ALWAYS, ALWAYS, 1, 3) : fc.constant(ALWAYS),
      })
      .map(({ at, lateDays, lasts }) => ({
        at,
        day: Math.max(0, Math.floor(at / STEPS_A_DAY) - lateDays),
        takenOutAt: at + lasts,
      })),
    { minLength: 1, maxLength: most },
  );

/** What is shown after every step, and all that moved. */
function observe(votes: readonly Watched[], ratings: readonly Rating[], leastVotes: number) {
  let shown: ShownWindow = NOTHING_SHOWN;
  return Array.from({ length: STEPS + 2 * STEPS_A_DAY }, (_none, at) => {
    const countsOf = (day: number) => {
      const counts = emptyCounts();
      votes.forEach((vote, nth) => {
        if (vote.day === day && vote.at < at && at <= vote.takenOutAt) counts[ratings[nth] as Rating] += 1;
      });
      return counts;
    };
    const today = Math.floor(at / STEPS_A_DAY);
    shown = step(shown, { countsOf, from: 0, today, leastVotes, at });
    return shown;
  });
}

const textOf = ({ days, steppedAt }: ShownWindow) =>
  JSON.stringify([[...days].map(([day, { shown }]) => [day, shown]).sort(), steppedAt]);

/** Every way in which so many people can have pressed. */
function* everyRating(people: number, ratings: readonly Rating[]): Generator<Rating[]> {
  if (people === 0) return yield [];
  for (const before of everyRating(people - 1, ratings)) for (const last of ratings) yield [...before, last];
}

function expectNobodyKnown(votes: readonly Watched[], alphabet: readonly Rating[], leastVotes: number) {
  const possible = new Map<string, Rating[][]>();
  for (const ratings of everyRating(votes.length, alphabet)) {
    const told = observe(votes, ratings, leastVotes).map(textOf).join('\n');
    possible.set(told, [...(possible.get(told) ?? []), ratings]);
  }
  for (const [told, all] of possible)
    votes.forEach((_vote, nth) => {
      const own = new Set(all.map((ratings) => ratings[nth]));
      if (own.size === 1 && !own.has('satisfied'))
        throw new Error(`vote ${nth} of ${JSON.stringify(votes)} is known: ${[...own]} by ${told}`);
    });
}

describe('somebody who has watched every citizen, and every answer', () => {
  it('knows of none that they were not satisfied', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(watched(6, false), (votes) => expectNobodyKnown(votes, RATINGS, 3)),
      { numRuns: 40 },
    );
    fc.assert(
      fc.property(watched(9, false), (votes) => expectNobodyKnown(votes, ['satisfied', 'unsatisfied'], 3)),
      { numRuns: 40 },
    );
  });

  it('nor when they know which votes were taken out of the score, and when', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(watched(8, true), (votes) => expectNobodyKnown(votes, ['satisfied', 'unsatisfied'], 3)),
      { numRuns: 60 },
    );
  });
});

const ratingsOf = (most: number) =>
  fc.array(fc.constantFrom(...RATINGS), { minLength: most, maxLength: most });

it('any two observations of a day, of some days, or of all, differ by nothing or by a mixed many', () => {
  fc.assert(
    fc.property(
      watched(60, false),
      ratingsOf(60),
      fc.integer({ min: 3, max: 8 }),
      fc.tuple(fc.nat(19), fc.nat(19)),
      fc.subarray([0, 1, 2, 3, 4]),
      (votes, ratings, leastVotes, [one, other], days) => {
        const states = observe(votes, ratings, leastVotes);
        const sumAt = (at: number) => {
          const sum = emptyCounts();
          for (const day of days) addCounts(sum, states[at]?.days.get(day)?.shown ?? emptyCounts());
          return sum;
        };
        const [earlier, later] = [sumAt(Math.min(one, other)), sumAt(Math.max(one, other))];
        const more = Object.fromEntries(
          RATINGS.map((rating) => [rating, later[rating] - earlier[rating]]),
        ) as Counts;
        for (const rating of RATINGS) expect(more[rating]).toBeGreaterThanOrEqual(0);
        expect(votesIn(more) === 0 || (votesIn(more) >= leastVotes && isMixed(more, leastVotes))).toBe(true);
      },
    ),
  );
});

it('in the end, all is shown but what is too little or too bad, and nothing is shown twice', () => {
  fc.assert(
    fc.property(watched(60, false), ratingsOf(60), (votes, ratings) => {
      const { days, dark } = observe(votes, ratings, 5).at(-1) as ShownWindow;
      const shown = emptyCounts();
      for (const one of days.values()) addCounts(shown, one.shown);
      const stored = emptyCounts();
      votes.forEach((_vote, nth) => {
        stored[ratings[nth] as Rating] += 1;
      });
      const left = votesIn(stored) - votesIn(shown) - votesIn(dark);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThan(5);
      expect(isMixed(dark, 5)).toBe(false);
      for (const rating of RATINGS) expect(shown[rating] + dark[rating]).toBeLessThanOrEqual(stored[rating]);
    }),
  );
});

it('a day that has enough votes is shown as it was, once it has ended', () => {
  const votes = Array.from({ length: 23 }, (_none, at) => ({ at: at % 3, day: 0, takenOutAt: ALWAYS }));
  const ratings = votes.map((_vote, nth): Rating => (nth % 4 === 0 ? 'unsatisfied' : 'satisfied'));
  const after = observe(votes, ratings, 5).at(STEPS_A_DAY);
  expect(after?.days.get(0)?.shown).toEqual({ satisfied: 17, basically: 0, unsatisfied: 6 });
});
