/** How far apart votes of one window can be and still have to do with each other: what makes verdicts a matter of a neighbourhood. */
import type { Thresholds } from './rule-settings.ts';
import { INTERVALS_A_SPAN } from './sittings.ts';

export type Reach = {
  /**
   * Votes between which nothing was pressed for longer have nothing to do with each other. So a vote that is alone for that long counts,
   * and a stretch between two such pauses is judged by itself.
   */
  aloneMs: number;
  /** The verdict of a vote depends on none that was pressed longer before it … */
  backMs: number;
  /** … or after it; however long there is no pause. */
  forwardMs: number;
};

/** @param all every version of the rules that one of the votes may be judged by. */
export function reachOf(all: readonly Thresholds[]): Reach {
  const most = (of: (rules: Thresholds) => number) => Math.max(0, ...all.map(of));
  const sittingMs = most((rules) => Math.max(rules.pressIntervalMs, rules.changeOfMindMs));
  const changeMs = most((rules) => rules.changeOfMindMs);
  const burstMs = most((rules) => (rules.burstPresses > 0 ? rules.burstSpanMs : 0));
  const gapMs = most((rules) => (rules.stuckPresses > 0 ? rules.stuckLongestGapMs : 0));
  const regularMs = gapMs * most((rules) => Math.max(0, rules.stuckPresses - 1));
  // The span before, and the one it is in; twice, where other rules begin within it.
  const spansMs = (all.length > 1 ? 4 : 2) * INTERVALS_A_SPAN * sittingMs + sittingMs;
  // Of a burst that lasts, one that is kept is found within a sitting, a change of mind and the longest gap of a burst.
  const keptMs = burstMs > 0 ? sittingMs + changeMs + 2 * burstMs : 0;
  return {
    aloneMs: Math.max(sittingMs, burstMs, gapMs),
    backMs: keptMs + spansMs + regularMs,
    forwardMs: Math.max(burstMs, changeMs) + changeMs + regularMs,
  };
}

export type Span = { from: number; to: number };

/**
 * After a vote at `at` has come, gone or been dated anew: the press times of which verdicts may be others (`affected`), and of which votes
 * it takes to say so (`needed`): `verdictsOf` those, and the verdicts of the affected are what they would be of all votes. Both ends included.
 */
export function affectedSpan(at: number, { backMs, forwardMs }: Reach): { affected: Span; needed: Span } {
  const affected = { from: at - forwardMs, to: at + backMs };
  return { affected, needed: { from: affected.from - backMs, to: affected.to + forwardMs } };
}
