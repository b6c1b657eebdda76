/** A week and a month are looked at as a whole, once they have ended, whether or not there were votes on their last day. */
import { describe, expect, it } from 'vitest';
import { type Calendar, createCalendar, type DayNumber } from '../../../gateway/domain/calendar.ts';
import { foldDays } from '../../../gateway/review/day-sums.ts';
import { daySumsOf, lookAtWindow } from '../../../gateway/review/look.ts';
import type { LookReads, NewReview, QuarterSums } from '../../../gateway/store/reviews.ts';

const HOUR = 3_600_000;
const calendar: Calendar = createCalendar('Asia/Shanghai');
const dayNamed = (name: string) => calendar.dayOf(Date.parse(`${name}T12:00:00+08:00`));
const [FIRST, LAST] = [dayNamed('2026-11-01'), dayNamed('2026-12-03')];

type Mix = QuarterSums['votes'];
/** All of a day's votes in the quarter of an hour at ten. */
const quartersOf = (mixOf: (day: DayNumber) => Mix, until: DayNumber): QuarterSums[] => {
  const quarters: QuarterSums[] = [];
  for (let day = FIRST - 40; day < until; day++) {
    const mix = mixOf(day);
    const quarterStart = calendar.startOf(day) + 10 * HOUR;
    if (mix.some((votes) => votes > 0)) quarters.push({ quarterStart, votes: mix, counted: mix });
  }
  return quarters;
};

/** A look at 00:31 on every day. */
async function lookEveryDay(own: (day: DayNumber) => Mix, siblings: (day: DayNumber) => Mix) {
  const days = new Map<DayNumber, string>();
  const found: (Pick<NewReview, 'detector' | 'about' | 'figures'> & { foundOn: string })[] = [];
  for (let today = FIRST; today <= LAST; today++) {
    const store: LookReads = {
      dueWindows: async () => [],
      quarters: async () => quartersOf(own, today),
      presses: async () => [],
      daysLooked: async () => [...days].map(([day, seen]) => ({ day, seen })),
    };
    const deps = {
      ...{ store, calendar, closedAt: () => null, turn: async () => {} },
      now: () => calendar.startOf(today) + 31 * 60_000,
      siblingsOf: async () =>
        Array.from({ length: 12 }, () => foldDays(quartersOf(siblings, today), calendar)),
    };
    const look = await lookAtWindow(deps, 1, await daySumsOf(deps, 1));
    for (const { day, seen } of look.looked.days) days.set(day, seen);
    for (const { detector, about, figures } of look.found)
      found.push({ detector, about, figures, foundOn: calendar.nameOf(today) });
  }
  return found;
}

describe('detectors over', () => {
  const isWorkday = (day: DayNumber) => (day + 3) % 7 < 5;
  const ordinary = (day: DayNumber): Mix => (isWorkday(day) ? [30, 6, 4] : [0, 0, 0]);

  it.each([
    ['with votes on its last day', () => true],
    ['without any on its last day', (day: DayNumber) => day !== dayNamed('2026-11-30')],
  ])('a month %s find what holds of all of it, on the day after it', async (_name, isOpen) => {
    const own = (day: DayNumber): Mix =>
      day >= FIRST && isWorkday(day) && isOpen(day) ? [34, 6, 0] : [0, 0, 0];
    const found = (await lookEveryDay(own, ordinary)).filter(({ detector }) => detector === 'ceiling');
    const workdays = Array.from({ length: 30 }, (_none, at) => FIRST + at).filter(
      (day) => isWorkday(day) && isOpen(day),
    );
    expect(found).toMatchObject([
      { about: 'month 2026-11', foundOn: '2026-12-01', figures: { votes: 40 * workdays.length } },
    ]);
  });

  it('a week whose last days are without votes find what holds of it, on its first day after', async () => {
    const monday = dayNamed('2026-11-16');
    const own = (day: DayNumber): Mix =>
      isWorkday(day) && day >= monday && day < monday + 7 ? [39, 0, 1] : ordinary(day);
    const found = (await lookEveryDay(own, ordinary)).filter(({ about }) => about === 'week 2026-11-16');
    expect(found).toMatchObject([{ detector: 'mix', foundOn: '2026-11-23' }]);
  });
});
