/** What may happen at a counter in a week: honest stories, and each kind of misuse mixed into honest days. */
import type { RatingCode } from '../../../gateway/domain/tally.ts';
import type { Dice } from './dice.ts';
import {
  type Counter,
  citizens,
  dayOf,
  drawHall,
  type Hall,
  HOUR,
  MINUTE,
  moodOf,
  OPEN,
  type Press,
  rate,
  SECOND,
  startOfDay,
  WORKDAYS,
} from './hall.ts';

export type Story = {
  hall: Hall;
  /** Five workdays. */
  week: Press[][];
  /** What its siblings are like in that week, where it is another thing than before. */
  siblingsNow?: Counter[];
  /** No bad vote has got through in the month so far. */
  hidesBad?: boolean;
  /** The weeks before had the same hours as busy. */
  isUsual?: boolean;
};

const ordinary = (dice: Dice, hall: Hall) => WORKDAYS.map((day) => dayOf(dice, hall.counter, day));
const byTime = (presses: Press[]) => presses.sort((a, b) => a.at - b.at);
const misused = (at: number, rating: RatingCode): Press => ({
  ...{ at: Math.round(at), rating },
  ...{ isCitizen: false, isRepeat: false },
});
const timeOpen = (dice: Dice, day: number) => {
  const { from, to } = dice.pick(OPEN);
  return startOfDay(day) + dice.between(from + 5 * MINUTE, to - 25 * MINUTE);
};
/** On so many days, something more. */
function onDays(dice: Dice, week: Press[][], days: number, more: (day: number) => Press[]): Press[][] {
  const left = [...WORKDAYS] as number[];
  for (let count = 0; count < days; count++) {
    const [day = 0] = left.splice(dice.whole(0, left.length - 1), 1);
    week[day] = byTime([...(week[day] ?? []), ...more(day)]);
  }
  return week;
}
function sequence(at: number, count: number, gap: () => number, rating: () => RatingCode): Press[] {
  return Array.from({ length: count }, () => {
    const press = misused(at, rating());
    at += gap();
    return press;
  });
}

export const HONEST: Readonly<Record<string, (dice: Dice) => Story>> = {
  'an ordinary week'(dice) {
    const hall = drawHall(dice);
    return { hall, week: ordinary(dice, hall) };
  },
  'rush hours'(dice) {
    const hall = drawHall(dice);
    const week = WORKDAYS.map((day) => {
      const from = dice.pick([8.5, 9, 10, 14, 15]) * HOUR;
      const rush = { from, to: from + dice.pick([1, 1.5, 2]) * HOUR, times: dice.between(2, 5) };
      return dayOf(dice, hall.counter, day, dice.chance(0.6) ? rush : null);
    });
    return { hall, week };
  },
  'a school class'(dice) {
    const hall = drawHall(dice);
    const mood = dice.dirichlet([0.92, 0.05, 0.03], 60) as unknown as Counter['mind'];
    const week = onDays(dice, ordinary(dice, hall), 1, (day) => {
      let at = timeOpen(dice, day);
      const slowest = dice.between(7, 18);
      return Array.from({ length: dice.whole(18, 45) }, () => {
        at += dice.between(3.5, slowest) * SECOND;
        return { at: Math.round(at), rating: rate(dice, mood), isCitizen: true, isRepeat: false };
      });
    });
    return { hall, week };
  },
  'an opening minute'(dice) {
    const hall = drawHall(dice);
    const week = WORKDAYS.map((day) => {
      const from = startOfDay(day) + 8.5 * HOUR;
      const perHour = dice.between(150, 330);
      const first = citizens(dice, moodOf(dice, hall.counter), {
        from,
        to: from + dice.between(2, 6) * MINUTE,
        perHour,
      });
      return byTime([...dayOf(dice, hall.counter, day), ...first]);
    });
    return { hall, week, isUsual: dice.chance(0.5) };
  },
  'a village with few votes'(dice) {
    const hall = drawHall(dice, { visits: dice.logBetween(1.5, 12) });
    return { hall, week: ordinary(dice, hall) };
  },
  'a good week'(dice) {
    const hall = drawHall(dice);
    const [satisfied, basically, unsatisfied] = hall.counter.mind;
    const less = dice.between(0.75, 0.95);
    const mind = [1 - (1 - satisfied) * less, basically * less, unsatisfied * less] as const;
    return { hall, week: WORKDAYS.map((day) => dayOf(dice, { ...hall.counter, mind }, day)) };
  },
  'an excellent counter'(dice) {
    const hall = drawHall(dice);
    const [, basically, unsatisfied] = hall.counter.mind;
    const [middle, bad] = [basically * dice.between(0.2, 0.5), unsatisfied * dice.between(0.2, 0.5)];
    hall.counter.mind = [1 - middle - bad, middle, bad];
    return { hall, week: ordinary(dice, hall) };
  },
  'a bad week of the whole hall'(dice) {
    const hall = drawHall(dice);
    const factor = dice.between(1.5, 3);
    const worse = (counter: Counter): Counter => {
      const [, basically, unsatisfied] = counter.mind.map((share) => Math.min(0.3, share * factor));
      const [middle, bad] = [basically as number, unsatisfied as number];
      return { ...counter, mind: [1 - middle - bad, middle, bad] };
    };
    const now = worse(hall.counter);
    return {
      hall,
      week: WORKDAYS.map((day) => dayOf(dice, now, day)),
      siblingsNow: hall.siblings.map(worse),
    };
  },
};

export const MISUSE: Readonly<Record<string, (dice: Dice) => Story>> = {
  compensation(dice) {
    const hall = drawHall(dice);
    return {
      hall,
      week: onDays(dice, ordinary(dice, hall), dice.whole(1, 3), (day) =>
        Array.from({ length: dice.whole(1, 3) }).flatMap(() => {
          const at = timeOpen(dice, day);
          const later = at + dice.between(2, 15) * SECOND;
          const made = sequence(
            later,
            dice.whole(2, 5),
            () => dice.between(0.7, 6) * SECOND,
            () => 0,
          );
          return [misused(at, 2), ...made];
        }),
      ),
    };
  },
  mashing(dice) {
    const hall = drawHall(dice);
    return {
      hall,
      week: onDays(dice, ordinary(dice, hall), dice.whole(1, 2), (day) => {
        const rating = dice.pick([0, 2, 2] as const);
        const slow = dice.between(0.5, 2);
        return sequence(
          timeOpen(dice, day),
          dice.whole(12, 120),
          () => dice.between(0.15, slow) * SECOND,
          () => rating,
        );
      }),
    };
  },
  'a stuck contact'(dice) {
    const hall = drawHall(dice);
    return {
      hall,
      week: onDays(dice, ordinary(dice, hall), 1, (day) => {
        const rating = dice.pick([0, 1, 2] as const);
        const [gap, unsteady] = [dice.between(0.25, 2) * SECOND, dice.between(0, 0.05)];
        const next = () => gap * Math.max(0.2, 1 + unsteady * dice.normal());
        return sequence(timeOpen(dice, day), dice.whole(20, 400), next, () => rating);
      }),
    };
  },
  'a mechanical presser'(dice) {
    const hall = drawHall(dice);
    return {
      hall,
      week: onDays(dice, ordinary(dice, hall), dice.whole(1, 3), (day) => {
        const [gap, unsteady] = [dice.logBetween(3, 45) * SECOND, dice.between(0, 0.12)];
        const next = () => gap * Math.max(0.2, 1 + unsteady * dice.normal());
        return sequence(timeOpen(dice, day), dice.whole(20, 120), next, () => 0);
      }),
    };
  },
  'a long run'(dice) {
    const hall = drawHall(dice);
    return {
      hall,
      week: onDays(dice, ordinary(dice, hall), dice.whole(1, 3), (day) => {
        const rating = dice.pick([0, 0, 0, 2] as const);
        const count = rating === 2 ? dice.whole(5, 20) : dice.whole(40, 200);
        return sequence(
          timeOpen(dice, day),
          count,
          () => dice.logBetween(5.5, 40) * SECOND,
          () => rating,
        );
      }),
    };
  },
  'no bad vote'(dice) {
    const hall = drawHall(dice);
    const week = ordinary(dice, hall).map((day) => day.filter(({ rating }) => rating !== 2));
    return { hall, week, hidesBad: true };
  },
  'votes at shift end'(dice) {
    const hall = drawHall(dice);
    return {
      hall,
      week: onDays(dice, ordinary(dice, hall), dice.whole(3, 5), (day) => {
        const end = startOfDay(day) + 17.5 * HOUR;
        const count = dice.whole(6, 30);
        return sequence(
          end - dice.between(6, 9.5) * MINUTE,
          count,
          () => dice.between(4, 22) * SECOND,
          () => 0,
        ).filter(({ at }) => at < end);
      }),
    };
  },
  'another mix'(dice) {
    const hall = drawHall(dice);
    const from = dice.whole(0, 2);
    const goesUp = dice.chance(0.6);
    const [satisfied, basically, unsatisfied] = hall.counter.mind;
    const part = dice.between(0.5, 0.9);
    const bad = Math.min(0.9, unsatisfied + satisfied * dice.between(0.08, 0.3));
    const mind: Counter['mind'] = goesUp
      ? [1 - (basically + unsatisfied) * (1 - part), basically * (1 - part), unsatisfied * (1 - part)]
      : [1 - basically - bad, basically, bad];
    const week = WORKDAYS.map((day) =>
      dayOf(dice, day < from ? hall.counter : { ...hall.counter, mind }, day),
    );
    return { hall, week };
  },
};
