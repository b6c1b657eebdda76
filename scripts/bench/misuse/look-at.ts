/** One case: what rules discount of it, and what detectors flag. */

import { findImported } from '../../../gateway/domain/detectors/imported.ts';
import {
  type LookedDay,
  type LookedVote,
  lookAtDay,
  lookAtMonth,
  lookAtWeek,
} from '../../../gateway/domain/detectors/look.ts';
import { findParticipation } from '../../../gateway/domain/detectors/participation.ts';
import { NO_HOLIDAYS } from '../../../gateway/domain/opening-hours/holidays.ts';
import { addCounts, emptyCounts } from '../../../gateway/domain/tally.ts';
import { DEFAULT_RULES } from '../../../gateway/domain/verdicts/rule-settings.ts';
import { verdictsOf } from '../../../gateway/domain/verdicts/verdicts-of.ts';
import { constantRules, createRules } from '../../../gateway/domain/verdicts/window-rules.ts';
import type { Counts } from '../../../protocol/vote.ts';
import type { Dice } from './dice.ts';
import { calendar, countsOf, HOUR, type Press, paceAt, startOfDay } from './hall.ts';
import type { Records } from './records.ts';
import type { Story } from './stories.ts';

export type Seen = {
  /** Detectors that flag something. */
  flaggedBy: ReadonlySet<string>;
  /** Of the presses of a misuse, those that count for nothing; null where it has put none in. */
  misuseLeftOut: number | null;
  /** Of citizens' first presses, those that count for nothing, on the worst day. */
  citizensLost: number;
};

const RULES = constantRules(
  createRules('default', DEFAULT_RULES, {
    ...{ calendar, zoned: () => '' },
    holidaysOf: () => NO_HOLIDAYS,
  }),
);
const BOOT = 'b'.repeat(32);
const WORKDAYS_BEFORE = 22;
const WORKDAYS_OF_MONTH = 12;
const WEEKS_BEFORE = 4;
/** Fewer are nobody's loss. */
const LEAST_LOST = 5;

export function lookAtStory(dice: Dice, story: Story): Seen {
  const { hall, week, siblingsNow = hall.siblings, hidesBad = false } = story;
  let seq = 0;
  const votes = week.flatMap((presses) =>
    presses.map(({ at, rating }) => {
      seq += 1;
      const basis = { sourceKey: 1, seq, rating, at, mono: at - startOfDay(0), boot: BOOT, device: 1 };
      return { ...basis, isTimed: true, heldMs: null, isTest: false, isImputed: false };
    }),
  );
  const verdicts = verdictsOf(votes, RULES);
  const isCounted = (number: number) => verdicts[number - 1]?.code === 'counted';
  const looked: LookedVote[] = votes.map(({ sourceKey, seq: number, at, rating, device }) => ({
    ...{ sourceKey, seq: number, at, rating, device, record: null },
    isCounted: isCounted(number),
  }));
  const days = week.map((_presses, day): LookedDay => {
    const [startAt, endAt] = [startOfDay(day), startOfDay(day + 1)];
    return { startAt, closedAt: null, votes: looked.filter(({ at }) => at >= startAt && at < endAt) };
  });
  const daysBefore = Array.from({ length: WORKDAYS_BEFORE }, () => countsOf(dice, hall.counter, 1));
  const before = sumOf(daysBefore);
  const now = emptyCounts();
  for (const { rating, isCounted: counts } of looked)
    if (counts) now[(['satisfied', 'basically', 'unsatisfied'] as const)[rating]] += 1;
  const flags = days.flatMap((day) => lookAtDay(day, before, usualOf(dice, story)));
  const siblings = siblingsNow.map((one) => countsOf(dice, one, week.length));
  const siblingsBefore = sumOf(hall.siblings.map((one) => countsOf(dice, one, WORKDAYS_BEFORE)));
  flags.push(...lookAtWeek({ days, now, daysBefore, siblings: sumOf(siblings), siblingsBefore }));
  const month = countsOf(dice, hall.counter, WORKDAYS_OF_MONTH);
  if (hidesBad) month.unsatisfied = 0;
  addCounts(month, now);
  const siblingsOfMonth = hall.siblings.map((one, index) => {
    const counts = countsOf(dice, one, WORKDAYS_OF_MONTH);
    addCounts(counts, siblings[index] ?? emptyCounts());
    return counts;
  });
  flags.push(...lookAtMonth(month, siblingsOfMonth));
  return { flaggedBy: new Set(flags.map(({ detector }) => detector)), ...leftOut(week, isCounted) };
}

function sumOf(all: readonly Counts[]): Counts {
  const sum = emptyCounts();
  for (const counts of all) addCounts(sum, counts);
  return sum;
}

const usualOf =
  (dice: Dice, { hall, week, isUsual = false }: Story) =>
  (hourStart: number) => {
    const timeOfDay = (hourStart - startOfDay(0)) % (24 * HOUR);
    const mean = (hall.counter.visits / 14) * (paceAt(timeOfDay) + paceAt(timeOfDay + HOUR / 2));
    const asToday = week.map(
      (presses) =>
        presses.filter(({ at }) => {
          const time = (at - startOfDay(0)) % (24 * HOUR);
          return time >= timeOfDay && time < timeOfDay + HOUR;
        }).length,
    );
    return Array.from({ length: WEEKS_BEFORE }, (_none, back) =>
      isUsual ? dice.poisson(asToday[back] ?? 0) : dice.poisson(mean),
    );
  };

function leftOut(week: readonly Press[][], isCounted: (number: number) => boolean) {
  const [misuse, lost] = [{ all: 0, out: 0 }, [] as number[]];
  let number = 0;
  for (const presses of week) {
    const citizens = { all: 0, out: 0 };
    for (const { isCitizen, isRepeat } of presses) {
      number += 1;
      const of = isCitizen ? citizens : misuse;
      if (isRepeat) continue;
      of.all += 1;
      if (!isCounted(number)) of.out += 1;
    }
    lost.push(citizens.out < LEAST_LOST ? 0 : citizens.out / citizens.all);
  }
  return {
    misuseLeftOut: misuse.all === 0 ? null : misuse.out / misuse.all,
    citizensLost: Math.max(...lost),
  };
}

export function lookAtRecords({ votes, services, voted }: Records): Seen {
  const flags = findImported(votes);
  const participation = findParticipation(voted, services);
  const flaggedBy = new Set<string>(flags.map(({ detector }) => detector));
  if (participation) flaggedBy.add(participation.detector);
  return { flaggedBy, misuseLeftOut: null, citizensLost: 0 };
}
