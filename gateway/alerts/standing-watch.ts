/** What stands for too long: a rate that is proved to be under the target, votes on their way, held votes and reviews that nobody decides. */
import type { Completeness, Period } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { causeOf, type Found, undecided } from '../domain/alerts/found.ts';
import { judgeRate } from '../domain/alerts/rate.ts';
import { type Calendar, MINUTE_MS } from '../domain/calendar.ts';
import type { OrgTree, Unit } from '../domain/org.ts';
import { spanOf } from '../domain/period.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import { addCounts, emptyCounts } from '../domain/tally.ts';
import type { HeldSummary } from '../store/review.ts';
import type { WaitingReviews } from '../store/reviews.ts';
import type { AlertBook } from './alert-book.ts';

export type StandingDeps = {
  tree: () => OrgTree;
  book: Pick<AlertBook, 'ofUnit' | 'ofWindow'>;
  calendar: Calendar;
  /** Of the votes that count. */
  votes: Pick<ScoreBook, 'counts' | 'hasMoved' | 'movedTo'>;
  goal(): { target: number; minimum: number; confidence: number };
  completenessOf(windowId: string): Completeness;
};

/** Windows and units whose rate is proved to be under the target. */
export function findRates(
  { tree, book, calendar, votes: counted, goal }: StandingDeps,
  now: number,
): Found[] {
  const known = new Map<string, Counts>();
  /** Its own windows and the units below it, but for windows that have moved. */
  const standing = (unitId: string, period: Period): Counts => {
    const name = `${period}/${unitId}`;
    const before = known.get(name);
    if (before) return before;
    const sum = emptyCounts();
    for (const { key } of tree().windowsOf.get(unitId) ?? [])
      if (!counted.hasMoved(key)) addCounts(sum, counted.counts(key, period, now));
    for (const { id } of tree().childrenOf.get(unitId) ?? []) addCounts(sum, standing(id, period));
    known.set(name, sum);
    return sum;
  };
  const unitCounts = ({ id, key }: Unit, period: Period): Counts => {
    const sum = { ...standing(id, period) };
    addCounts(sum, counted.movedTo(key, period, now) ?? emptyCounts());
    return sum;
  };
  const nodes = [
    ...tree().units.map((unit) => ({
      ...{ of: 'units', node: `unit:${unit.id}`, unitId: unit.id, rule: book.ofUnit(unit.id).rate },
      counts: (period: Period) => unitCounts(unit, period),
    })),
    ...tree().windows.map(({ id, key, unitId }) => ({
      ...{ of: 'windows', node: `window:${id}`, unitId, rule: book.ofWindow(id).rate },
      counts: (period: Period) => counted.counts(key, period, now),
    })),
  ];
  return nodes.flatMap(({ of, node, unitId, rule, counts }): Found[] => {
    if (rule === null || rule.of !== of) return [];
    const cause = { kind: 'rate-under-target', node } as const;
    const votes = counts(rule.period);
    const { state, rate, upper } = judgeRate(votes, { ...goal(), closesAbove: rule.closesAbove });
    if (state === 'ended') return [];
    if (state === 'between') return [undecided(cause, unitId)];
    const begin = spanOf(rule.period, now, calendar).from;
    const detail = { period: rule.period, target: goal().target, rate, upper, ...votes };
    return [{ ...cause, unitId, state, begin, last: begin, times: 1, isUrgent: rule.isUrgent, detail }];
  });
}

/**
 * Remembers since when votes of a window are on their way. @param settledAt when a person has last closed such an alert: what was on its way
 * before this process looked is what they meant, until nothing has been.
 */
export function createPendingWatch(
  { tree, book, completenessOf }: StandingDeps,
  watchingSince: number,
  settledAt: (cause: string) => number | undefined,
) {
  const since = new Map<string, number>();
  const emptied = new Set<string>();
  return (now: number): Found[] =>
    tree().windows.flatMap(({ id, unitId }): Found[] => {
      const rule = book.ofWindow(id).pending;
      if (rule === null) return [];
      const { pending } = completenessOf(id);
      if (pending === 0) {
        since.delete(id);
        emptied.add(id);
        return [];
      }
      const cause = { kind: 'votes-pending', node: `window:${id}` } as const;
      const settled = emptied.has(id) ? undefined : settledAt(causeOf(cause));
      const begin = since.get(id) ?? settled ?? Math.max(now, watchingSince);
      since.set(id, begin);
      if (now - begin < rule.afterMinutes * MINUTE_MS) return [undecided(cause, unitId)];
      const detail = { afterMinutes: rule.afterMinutes, pending };
      return [
        { ...cause, unitId, state: 'holds', begin, last: begin, times: 1, isUrgent: rule.isUrgent, detail },
      ];
    });
}

/** What waits for a person of the windows directly under each unit, held votes and reviews, by what has waited longest. */
export function findReviews(
  { tree, book }: Pick<StandingDeps, 'tree' | 'book'>,
  { held, reviews }: { held: readonly HeldSummary[]; reviews: readonly WaitingReviews[] },
  now: number,
): Found[] {
  const { windows, windowByKey, terminalsOf } = tree();
  const unitOf = new Map(
    windows.flatMap(({ id, unitId }) =>
      (terminalsOf.get(id) ?? []).map((terminal) => [terminal.id, unitId] as const),
    ),
  );
  const waiting = new Map<string, { oldest: number; votes: number; reviews: number }>();
  const add = (unitId: string | undefined, since: number, more: { votes?: number; reviews?: number }) => {
    if (unitId === undefined) return;
    const known = waiting.get(unitId) ?? { oldest: since, votes: 0, reviews: 0 };
    waiting.set(unitId, {
      oldest: Math.min(known.oldest, since),
      votes: known.votes + (more.votes ?? 0),
      reviews: known.reviews + (more.reviews ?? 0),
    });
  };
  for (const { terminalId, count, firstAt } of held) add(unitOf.get(terminalId), firstAt, { votes: count });
  for (const { windowKey, since, ...more } of reviews) add(windowByKey.get(windowKey)?.unitId, since, more);
  return [...waiting].flatMap(([unitId, { oldest, ...waits }]): Found[] => {
    const rule = book.ofUnit(unitId).review;
    if (rule === null) return [];
    const cause = { kind: 'review-waiting', node: `unit:${unitId}` } as const;
    if (now - oldest < rule.afterMinutes * MINUTE_MS) return [undecided(cause, unitId)];
    const detail = { afterMinutes: rule.afterMinutes, ...waits };
    return [
      {
        ...{ ...cause, unitId, state: 'holds', begin: oldest, last: oldest, times: 1 },
        ...{ isUrgent: rule.isUrgent, detail },
      },
    ];
  });
}
