/** How far to look from a press, whatever version of the rules its neighbours are judged by. */
import type { Thresholds } from './rule-settings.ts';

export type Widest = {
  sittingMs: number;
  burstPresses: number;
  burstSpanMs: number;
  stuckPresses: number;
  stuckLongestGapMs: number;
  /** What can be in one run or burst is never further apart. */
  farMs: number;
};

export function widestOf(all: readonly Thresholds[]): Widest {
  const most = (of: (rules: Thresholds) => number) => Math.max(0, ...all.map(of));
  const stuckPresses = most((rules) => rules.stuckPresses);
  const stuckLongestGapMs = most((rules) => rules.stuckLongestGapMs);
  const burstSpanMs = most((rules) => rules.burstSpanMs);
  return {
    sittingMs: most((rules) => Math.max(rules.pressIntervalMs, rules.changeOfMindMs)),
    burstPresses: most((rules) => rules.burstPresses),
    burstSpanMs,
    stuckPresses,
    stuckLongestGapMs,
    farMs: Math.max(2 * burstSpanMs, stuckPresses * stuckLongestGapMs),
  };
}
