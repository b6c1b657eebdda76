/** What a citizen does at the three buttons: one press, mostly; what people do beside that, by the rules for votes, does not count. Pure. */
import { RATINGS, type Rating } from '../../../protocol/vote.ts';

/** Milliseconds after the first press of the visit. */
export type VisitPress = { rating: Rating; afterMs: number };

/** Of a hundred citizens, how many are satisfied and basically satisfied; the rest is not. */
export type Mood = { satisfied: number; basically: number };

/** One press more each: the same button once again, or another one after the wrong one. */
const PRESSES_TWICE = 0.05;
const CHANGES_MIND = 0.04;
/** A child gets at the buttons. */
const CHILD = 0.006;
const CHILD_PRESSES = 9;

export const PRESSES_A_VISIT = 1 + PRESSES_TWICE + CHANGES_MIND + CHILD * (CHILD_PRESSES - 1);

export function visitOf(mood: Mood, random: () => number): VisitPress[] {
  const rating = ratingOf(mood, random());
  const first = { rating, afterMs: 0 };
  const kind = random();
  if (kind < PRESSES_TWICE) return [first, { rating, afterMs: between(300, 1_500, random) }];
  if (kind < PRESSES_TWICE + CHANGES_MIND) {
    const wrong = RATINGS.filter((one) => one !== rating)[random() < 0.5 ? 0 : 1] as Rating;
    return [
      { rating: wrong, afterMs: 0 },
      { rating, afterMs: between(800, 2_600, random) },
    ];
  }
  if (kind >= PRESSES_TWICE + CHANGES_MIND + CHILD) return [first];
  const presses: VisitPress[] = [first];
  while (presses.length < CHILD_PRESSES)
    presses.push({
      rating: RATINGS[Math.floor(random() * RATINGS.length)] as Rating,
      afterMs: (presses.at(-1) as VisitPress).afterMs + between(400, 1_400, random),
    });
  return presses;
}

export const between = (least: number, most: number, random: () => number) =>
  least + (most - least) * random();

function ratingOf({ satisfied, basically }: Mood, at: number): Rating {
  if (at * 100 < satisfied) return 'satisfied';
  return at * 100 < satisfied + basically ? 'basically' : 'unsatisfied';
}
