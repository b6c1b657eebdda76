/**
 * What a window's counted votes give cause for: a sum of the unsatisfied ones (see `../statistics/cusum.ts`), and the single ones.
 * By press time. Votes of one moment have no order: the unsatisfied ones are taken first, so that they are added in any order.
 */
import type { Episode } from './found.ts';

/** All of one moment at one window. */
export type Moment = { at: number; unsatisfied: number; others: number };

/** `rise`: what an unsatisfied vote adds, plus the one that every vote takes away. */
export type SumRule = { rise: number; height: number; closesAt: number };

export type VoteRules = { sum: SumRule | null; singleMs: number | null };

export type WindowVotes = {
  /** Press time of the latest; −Infinity before the first. */
  lastAt: number;
  sum: number;
  rising: Episode | null;
  /** The latest; whether it is over is a question of the time (`isOver`). */
  single: Episode | null;
};

export const NO_VOTES: WindowVotes = { lastAt: Number.NEGATIVE_INFINITY, sum: 0, rising: null, single: null };

/**
 * The sum stays at the height while there is cause for an alarm, instead of beginning anew at each: so it comes down when the cause
 * has gone, and not before.
 * @param moment later than all before it
 */
export function addMoment(votes: WindowVotes, moment: Moment, rules: VoteRules): WindowVotes {
  return {
    lastAt: moment.at,
    ...(rules.sum ? addToSum(votes, moment, rules.sum) : { sum: 0, rising: null }),
    single: rules.singleMs === null ? null : addSingle(votes.single, moment, rules.singleMs),
  };
}

function addToSum(
  { sum, rising }: WindowVotes,
  { at, unsatisfied, others }: Moment,
  { rise, height, closesAt }: SumRule,
): Pick<WindowVotes, 'sum' | 'rising'> {
  let next = sum;
  let episode = rising;
  for (let vote = 0; vote < unsatisfied; vote++) {
    next = Math.min(height, next + rise - 1);
    if (next < height) continue;
    episode = episode
      ? { begin: episode.begin, last: at, times: episode.times + 1 }
      : { begin: at, last: at, times: 1 };
  }
  next = Math.max(0, next - others);
  return { sum: next, rising: next <= closesAt ? null : episode };
}

function addSingle(single: Episode | null, { at, unsatisfied }: Moment, afterMs: number): Episode | null {
  if (unsatisfied === 0) return single;
  if (single === null || at - single.last > afterMs) return { begin: at, last: at, times: unsatisfied };
  return { begin: single.begin, last: at, times: single.times + unsatisfied };
}

/** So long has passed since the last of them. */
export const isOver = (single: Episode, now: number, afterMs: number): boolean => now - single.last > afterMs;

/** @param votes in any order */
export function foldVotes(
  votes: readonly { at: number; unsatisfied: boolean }[],
  rules: VoteRules,
): WindowVotes {
  const moments = new Map<number, Moment>();
  for (const { at, unsatisfied } of votes) {
    const moment = moments.get(at) ?? { at, unsatisfied: 0, others: 0 };
    if (unsatisfied) moment.unsatisfied += 1;
    else moment.others += 1;
    moments.set(at, moment);
  }
  return [...moments.values()]
    .sort((one, other) => one.at - other.at)
    .reduce((folded, moment) => addMoment(folded, moment, rules), NO_VOTES);
}
