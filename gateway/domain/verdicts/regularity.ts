/** R5: a contact that sticks presses its button as no citizen does: again and again, at gaps that are all the same. */
import { gapOf, isSameTrack } from './judged-vote.ts';
import type { Press } from './press.ts';
import type { Thresholds } from './rule-settings.ts';
import type { Rules } from './window-rules.ts';

/** Presses from the first to the last that are regular together: the sum of their gaps, and that of the gaps' squares. */
export type RegularRun = { first: Press; last: Press; presses: number; sumMs: number; squares: number };

/** One button in one boot of a device. */
export function isSameButton(a: Press, b: Press): boolean {
  return a.vote.rating === b.vote.rating && isSameTrack(a.vote, b.vote);
}

/**
 * No gap of a regular run can be so many times another of it: with a sum of squared deviations below (v·mean)²·gaps, none deviates by more
 * than v·√gaps of the mean. It says of most runs that they are none after two or three gaps.
 */
export function widestRatio({ stuckPresses, stuckVariationPercent }: Thresholds): number {
  const spread = (stuckVariationPercent / 100) * Math.sqrt(stuckPresses - 1);
  return spread < 1 ? (1 + spread) / (1 - spread) : Number.POSITIVE_INFINITY;
}

/** @param button presses of one button, in order. @returns the run that begins at `start`, of as many presses as `rules` say, if it is regular. */
export function regularFrom(button: readonly Press[], start: number, rules: Rules): RegularRun | null {
  const { stuckPresses, stuckLongestGapMs, stuckVariationPercent, stuckRatio } = rules;
  const end = start + stuckPresses - 1;
  if (stuckPresses === 0 || start < 0 || end >= button.length) return null;
  let [sumMs, squares, shortest, longest] = [0, 0, Number.POSITIVE_INFINITY, 0];
  for (let at = start; at < end; at++) {
    const gap = gapOf((button[at] as Press).vote, (button[at + 1] as Press).vote);
    if (gap > longest) longest = gap;
    if (gap < shortest) shortest = gap;
    if (longest > stuckLongestGapMs || longest > shortest * stuckRatio) return null;
    sumMs += gap;
    squares += gap * gap;
  }
  const gaps = stuckPresses - 1;
  // variance < (v · mean)², both times gaps²; a standard deviation of all there is, no estimate.
  const variation = stuckVariationPercent / 100;
  if (gaps * squares - sumMs * sumMs >= variation * variation * sumMs * sumMs) return null;
  return {
    first: button[start] as Press,
    last: button[end] as Press,
    presses: stuckPresses,
    sumMs,
    squares,
  };
}

/** The first regular run, by the rules of the press at `index`, that it is part of. */
export function regularAround(button: readonly Press[], index: number): RegularRun | null {
  const { rules } = button[index] as Press;
  for (let start = Math.max(0, index - rules.stuckPresses + 1); start <= index; start++) {
    const run = regularFrom(button, start, rules);
    if (run) return run;
  }
  return null;
}
