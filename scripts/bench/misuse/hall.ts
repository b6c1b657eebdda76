/**
 * A hall with a few counters, and citizens as they are: each counter has its own mix, each day its own mood; some come together, some press
 * again out of impatience, some change their mind. Every number is drawn.
 */

import { createCalendar } from '../../../gateway/domain/calendar.ts';
import type { RatingCode } from '../../../gateway/domain/tally.ts';
import type { Counts } from '../../../protocol/vote.ts';
import type { Dice } from './dice.ts';

export const calendar = createCalendar('Asia/Shanghai');
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, local midnight. */
export const WEEK_START = Date.parse('2026-11-23T00:00:00+08:00');
export const OPEN = [
  { from: 8.5 * HOUR, to: 12 * HOUR },
  { from: 14 * HOUR, to: 17.5 * HOUR },
] as const;
const OPEN_HOURS = 7;

/** `isCitizen` false: put in by a misuse. `isRepeat`: a citizen's own second press. */
export type Press = { at: number; rating: RatingCode; isCitizen: boolean; isRepeat: boolean };

export type Mind = readonly [satisfied: number, basically: number, unsatisfied: number];

export type Counter = {
  mind: Mind;
  /** Citizens a day who press. */
  visits: number;
  /** How much one day's mood is like another's. */
  steadiness: number;
};

export type Hall = { counter: Counter; siblings: Counter[] };

export function drawHall(dice: Dice, given: { visits?: number } = {}): Hall {
  const satisfied = dice.between(0.72, 0.93);
  const middle = dice.between(0.4, 0.85);
  const city = [satisfied, (1 - satisfied) * middle, (1 - satisfied) * (1 - middle)];
  const likeness = dice.logBetween(60, 600);
  const steadiness = dice.logBetween(150, 1_500);
  const visits = given.visits ?? dice.logBetween(25, 320);
  const counter = (): Counter => ({
    mind: dice.dirichlet(city, likeness) as unknown as Mind,
    visits: visits * dice.logBetween(0.6, 1.7),
    steadiness,
  });
  return { counter: counter(), siblings: Array.from({ length: dice.whole(3, 11) }, counter) };
}

export const rate = (dice: Dice, [satisfied, basically]: Mind): RatingCode => {
  const at = dice.draw();
  return at < satisfied ? 0 : at < satisfied + basically ? 1 : 2;
};

/** The mood of a day. */
export const moodOf = (dice: Dice, { mind, steadiness }: Counter): Mind =>
  dice.dirichlet(mind, steadiness) as unknown as Mind;

/** Of a time of day in milliseconds: mornings are busier, and there is nobody at noon. */
export function paceAt(timeOfDay: number): number {
  const inHours = timeOfDay / HOUR;
  if (!OPEN.some(({ from, to }) => timeOfDay >= from && timeOfDay < to)) return 0;
  return inHours < 12 ? 1 + 0.5 * Math.sin(((inHours - 8.5) / 3.5) * Math.PI) : 0.85;
}

/** Citizens of a span, one after another: nobody presses while another one stands there. */
export function citizens(
  dice: Dice,
  mood: Mind,
  { from, to, perHour }: { from: number; to: number; perHour: number },
): Press[] {
  const presses: Press[] = [];
  for (let at = from + dice.exponential(HOUR / perHour); at < to; at += dice.exponential(HOUR / perHour)) {
    // Who comes with a companion: both press, one after the other.
    const party = dice.chance(0.12) ? dice.whole(2, 3) : 1;
    for (let one = 0; one < party && at < to; one++) {
      const rating = rate(dice, mood);
      const press = (rating: RatingCode, isRepeat: boolean) =>
        presses.push({ at: Math.round(at), rating, isCitizen: true, isRepeat });
      press(rating, false);
      if (dice.chance(0.05)) {
        at += dice.between(400, 2_500);
        press(rating, true);
      } else if (dice.chance(0.01)) {
        at += dice.between(700, 2_800);
        press(rate(dice, mood), true);
      }
      at += dice.between(3, 15) * SECOND;
    }
  }
  return presses;
}

/** @param times more than usual by that factor, in some span of the day */
export function dayOf(
  dice: Dice,
  counter: Counter,
  day: number,
  rush: { from: number; to: number; times: number } | null = null,
): Press[] {
  const start = WEEK_START + day * DAY;
  const mood = moodOf(dice, counter);
  // A party is 1.18 citizens on average.
  const perHour = counter.visits / OPEN_HOURS / 1.18;
  const presses: Press[] = [];
  for (const { from, to } of OPEN)
    for (let at = from; at < to; at += HOUR / 2) {
      const isRush = rush !== null && at >= rush.from && at < rush.to;
      const pace = perHour * paceAt(at) * (isRush ? rush.times : 1);
      presses.push(...citizens(dice, mood, { from: start + at, to: start + at + HOUR / 2, perHour: pace }));
    }
  return presses.sort((a, b) => a.at - b.at);
}

export const WORKDAYS = [0, 1, 2, 3, 4] as const;
export const startOfDay = (day: number) => WEEK_START + day * DAY;

/** What a counter had counted in so many workdays. */
export function countsOf(dice: Dice, counter: Counter, workdays: number): Counts {
  const counts = { satisfied: 0, basically: 0, unsatisfied: 0 };
  for (let day = 0; day < workdays; day++) {
    const mood = moodOf(dice, counter);
    for (let votes = dice.poisson(counter.visits); votes > 0; votes--) {
      const rating = rate(dice, mood);
      if (rating === 0) counts.satisfied += 1;
      else if (rating === 1) counts.basically += 1;
      else counts.unsatisfied += 1;
    }
  }
  return counts;
}
