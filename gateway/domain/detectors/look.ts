/** All detectors over what is known of one window: of a day, of the week and the month to which it belongs. */
import type { Counts } from '../../../protocol/vote.ts';
import { fisherGreater } from '../statistics/fisher.ts';
import { funnelLimit } from '../statistics/funnel.ts';
import { findCeiling } from './ceiling.ts';
import { findCompensation } from './compensation.ts';
import { findCrowd } from './crowd.ts';
import { findEndings } from './endings.ts';
import type { Flag, SeenVote } from './flag.ts';
import { findImported, type RecordFacts } from './imported.ts';
import { findLongRuns } from './long-run.ts';
import { findOtherMix, OTHER_MIX } from './other-mix.ts';

/** Counts up with every change of what a detector finds: a flag names it. */
export const DETECTORS_VERSION = 3;

/** `device`: what was pressed; null where nothing was, and `record` says more of it. `isCounted`: by rules and people. */
export type LookedVote = SeenVote & {
  device: number | null;
  record: RecordFacts | null;
  isCounted: boolean;
};

/** In the order in which votes are judged, whatever their verdicts. */
export type LookedDay = {
  startAt: number;
  /** When the window closed; null where nobody knows: then its last vote tells. */
  closedAt: number | null;
  votes: readonly LookedVote[];
};

const HOUR_MS = 3_600_000;

/**
 * @param before what was counted in the 30 days before.
 * @param usualOf how many counted in the same hour of the same weekday, in each of the weeks before
 */
export function lookAtDay(
  { startAt, votes }: LookedDay,
  before: Counts,
  usualOf: (hourStart: number) => readonly number[],
): Flag[] {
  const flags: Flag[] = [];
  for (const [device, presses] of groupBy(votes, (vote) => vote.device))
    if (device !== null) flags.push(...findCompensation(presses));
  const records = votes.flatMap(({ record, ...vote }) => (record === null ? [] : { ...vote, ...record }));
  for (const [, some] of groupBy(records, ({ sourceKey }) => sourceKey)) flags.push(...findImported(some));
  const counted = votes.filter(({ isCounted }) => isCounted);
  for (const [hour, some] of groupBy(counted, ({ at }) => Math.floor((at - startAt) / HOUR_MS))) {
    const crowd = findCrowd(some, usualOf(startAt + hour * HOUR_MS));
    if (crowd) flags.push(crowd);
  }
  flags.push(...findLongRuns(counted, before));
  return flags;
}

export type LookedWeek = {
  days: readonly LookedDay[];
  /** What counted in it, and on each of the 30 days before it. */
  now: Counts;
  daysBefore: readonly Counts[];
  /** What counted at all siblings together, in it and in the 30 days before it. */
  siblings: Counts;
  siblingsBefore: Counts;
};

export function lookAtWeek({ days, now, daysBefore, siblings, siblingsBefore }: LookedWeek): Flag[] {
  const shifts = days.flatMap(({ closedAt, votes }) => {
    const counted = votes.filter(({ isCounted }) => isCounted);
    const endAt = closedAt ?? counted.at(-1)?.at;
    return endAt === undefined ? [] : [{ endAt, votes: counted }];
  });
  // Three shares are tried, each on two sides.
  const level = OTHER_MIX.alpha / 6;
  const limitsOf = (n: number, share: number) => ({
    lower: funnelLimit(level, n, share),
    upper: funnelLimit(1 - level, n, share),
  });
  const mixes = { now, days: daysBefore, siblings, siblingsBefore };
  return [findEndings(shifts, fisherGreater), findOtherMix(mixes, limitsOf)].filter((flag) => flag !== null);
}

/** @param own what counted in the month. @param siblings at each of them */
export function lookAtMonth(own: Counts, siblings: readonly Counts[]): Flag[] {
  return [findCeiling(own, siblings)].filter((flag) => flag !== null);
}

function groupBy<T, K>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const known = groups.get(key);
    if (known) known.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}
