/**
 * R4: so many presses at one window in so short a time are not so many citizens, whatever device each was pressed on: one counter serves
 * one after another. Of a burst the first that would count is kept.
 */
import type { BurstState, Press } from './press.ts';

/**
 * The first run of more than `burstPresses` within `burstSpanMs`, by the rules of the press at `index`, that it is part of.
 * @param presses those of one window whose time is known and that are part of no regular run, in order.
 * @returns where it begins; -1 when there is none. It ends `burstPresses` later.
 */
export function burstAround(presses: readonly Press[], index: number): number {
  const { burstPresses, burstSpanMs } = (presses[index] as Press).rules;
  if (burstPresses === 0) return -1;
  for (let start = Math.max(0, index - burstPresses); start <= index; start++) {
    const last = presses[start + burstPresses];
    if (last === undefined) return -1;
    if (last.vote.at - (presses[start] as Press).vote.at <= burstSpanMs) return start;
  }
  return -1;
}

/**
 * Writes what a burst makes of the press at `index`. That of the one before it is written.
 * @returns whether anything is different from before.
 */
export function joinBurst(presses: readonly Press[], index: number): boolean {
  const start = burstAround(presses, index);
  if (start === -1) return enterBurst(presses[index] as Press, 'none');
  const isKept = start < index && (presses[index - 1] as Press).burstState === 'kept';
  return enterBurst(presses[index] as Press, isKept ? 'kept' : 'open');
}

/** @param before how the burst that it is in stands before it; `none` where it is in none. @returns whether anything is different. */
export function enterBurst(press: Press, before: BurstState): boolean {
  const { isCandidate } = press;
  const isSurplus = before === 'kept' && isCandidate;
  const state = before !== 'none' && isCandidate ? 'kept' : before;
  if (press.isSurplus === isSurplus && press.burstState === state) return false;
  press.burstState = state;
  press.isSurplus = isSurplus;
  return true;
}
