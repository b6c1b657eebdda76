/** Votes added up: all that were pressed, those that persons have excluded, those that rules discount, and what is left. */
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import type { Counts } from '../../protocol/vote.ts';
import type { KeptDiscounted, KeptRow } from '../store/recount.ts';

export type Sums = { pressed: Counts; excluded: Counts; discounted: Partial<Record<Verdict, Counts>> };

export const noVotes = (): Counts => ({ satisfied: 0, basically: 0, unsatisfied: 0 });
export const emptySums = (): Sums => ({ pressed: noVotes(), excluded: noVotes(), discounted: {} });

export const votesIn = ({ satisfied, basically, unsatisfied }: Counts): number =>
  satisfied + basically + unsatisfied;

export function addCounts(to: Counts, { satisfied, basically, unsatisfied }: Counts, times = 1): void {
  to.satisfied += times * satisfied;
  to.basically += times * basically;
  to.unsatisfied += times * unsatisfied;
}

export function addDiscounted(to: Sums, verdict: Verdict, counts: Counts): void {
  const known = to.discounted[verdict] ?? noVotes();
  addCounts(known, counts);
  to.discounted[verdict] = known;
}

export function addSums(to: Sums, more: Sums): void {
  addCounts(to.pressed, more.pressed);
  addCounts(to.excluded, more.excluded);
  for (const [verdict, counts] of Object.entries(more.discounted))
    addDiscounted(to, verdict as Verdict, counts);
}

/** What scores are made of. */
export function countedOf({ pressed, excluded, discounted }: Sums): Counts {
  const counted = { ...pressed };
  for (const less of [excluded, ...Object.values(discounted)]) addCounts(counted, less, -1);
  return counted;
}

/** Of what is kept beside the votes: what figures are served from. */
export function sumsOfKept(kept: {
  rollups: readonly KeptRow[];
  excluded: readonly KeptRow[];
  discounted: readonly KeptDiscounted[];
}): Sums {
  const sums = emptySums();
  for (const row of kept.rollups) addCounts(sums.pressed, row);
  for (const row of kept.excluded) addCounts(sums.excluded, row);
  for (const row of kept.discounted) addDiscounted(sums, VERDICTS[row.verdict] as Verdict, row);
  return sums;
}
