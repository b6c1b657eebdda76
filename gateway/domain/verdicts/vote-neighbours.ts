/** The votes of a window with what they count for, as one of them was judged against the others. */
import { compareVotes, gapOf, isSameTrack, type JudgedVote, type VoteRef } from './judged-vote.ts';
import type { Judgement } from './verdict.ts';
import { verdictsOf } from './verdicts-of.ts';
import type { WindowRules } from './window-rules.ts';

export type Neighbour = { readonly vote: JudgedVote; readonly judgement: Judgement };

export type Neighbourhood = {
  /** In the order in which they are judged, each once. */
  readonly all: readonly Neighbour[];
  /** Where the vote that it is about stands in it. */
  readonly index: number;
};

export const isSameVote = (a: VoteRef, b: VoteRef): boolean => a.sourceKey === b.sourceKey && a.seq === b.seq;

/** @returns null when the vote is not among the votes. */
export function neighbourhoodOf(
  votes: readonly JudgedVote[],
  vote: VoteRef,
  rules: WindowRules,
): Neighbourhood | null {
  const judgements = verdictsOf(votes, rules);
  const all = votes
    .map((one, index): Neighbour => ({ vote: one, judgement: judgements[index] as Judgement }))
    .sort((a, b) => compareVotes(a.vote, b.vote))
    .filter(({ vote: one }, index, sorted) => {
      const before = sorted[index - 1];
      return before === undefined || !isSameVote(before.vote, one);
    });
  const index = all.findIndex(({ vote: one }) => isSameVote(one, vote));
  return index === -1 ? null : { all, index };
}

/** Something was pressed, and nothing about itself speaks against it: rules of pace look at it. */
export function isPress({ vote, judgement }: Neighbour): boolean {
  if (vote.device === null) return false;
  const { code } = judgement;
  if (code === 'imputed' || code === 'test' || code === 'out-of-hours') return false;
  return !('cause' in judgement && judgement.cause === 'held');
}

/** … and no contact that sticks has pressed it. */
export const isCitizens = (one: Neighbour): boolean => isPress(one) && one.judgement.code !== 'stuck';

/** Presses of the same device and boot as `of`. */
export const onTrackOf =
  (of: JudgedVote) =>
  (one: Neighbour): boolean =>
    isCitizens(one) && isSameTrack(one.vote, of);

/** R1 keeps it: what comes soon after is measured from it. */
export const isKept = ({ judgement }: Neighbour): boolean =>
  judgement.code === 'counted' || judgement.code === 'burst';

/**
 * Presses of the vote's button around it, itself among them, none further from the next than `longestGapMs`; and how little the gaps of any
 * `presses` of them that it is one of vary, in percent of their mean: null where there are not so many, or all
 * of them are of one millisecond.
 */
export function evenRunAround(
  { all, index }: Neighbourhood,
  presses: number,
  longestGapMs: number,
): { together: number; variationPercent: number | null } {
  const { vote } = all[index] as Neighbour;
  const button = all.filter(
    (one) => isPress(one) && isSameTrack(one.vote, vote) && one.vote.rating === vote.rating,
  );
  const own = button.findIndex((one) => isSameVote(one.vote, vote));
  const gaps = button.slice(1).map((one, at) => gapOf((button[at] as Neighbour).vote, one.vote));
  let [first, last] = [own, own];
  while (first > 0 && (gaps[first - 1] as number) <= longestGapMs) first -= 1;
  while (last < gaps.length && (gaps[last] as number) <= longestGapMs) last += 1;
  let least: number | null = null;
  const [from, to] = [Math.max(first, own - presses + 1), Math.min(own, last - presses + 1)];
  for (let start = from; start <= to; start++) {
    const of = gaps.slice(start, start + presses - 1);
    const sum = of.reduce((total, gap) => total + gap, 0);
    const squares = of.reduce((total, gap) => total + gap * gap, 0);
    const deviation = Math.sqrt(Math.max(0, of.length * squares - sum * sum));
    // All in one millisecond: no mean to vary by, and no regular run (`regularFrom`).
    if (sum === 0) continue;
    const percent = (100 * deviation) / sum;
    if (least === null || percent < least) least = percent;
  }
  return { together: last - first + 1, variationPercent: least };
}

/** The most presses of the window within `spanMs` that the vote is one of. */
export function mostWithin({ all, index }: Neighbourhood, spanMs: number): number {
  const { vote } = all[index] as Neighbour;
  const near = all
    .filter((one) => isCitizens(one) && one.vote.isTimed && Math.abs(one.vote.at - vote.at) <= spanMs)
    .map((one) => one.vote);
  const own = near.findIndex((one) => isSameVote(one, vote));
  let most = 0;
  let end = own;
  for (let start = 0; start <= own; start++) {
    if (vote.at - (near[start] as JudgedVote).at > spanMs) continue;
    while (
      end + 1 < near.length &&
      (near[end + 1] as JudgedVote).at - (near[start] as JudgedVote).at <= spanMs
    )
      end += 1;
    most = Math.max(most, end - start + 1);
  }
  return most;
}
