/**
 * R1 and R2: what one citizen presses while standing there is one vote. A sitting begins with a press that is kept; what follows within the
 * press interval is too soon, but for one press of another button, soon after, which takes its place and begins the interval anew.
 */
import { gapOf } from './judged-vote.ts';
import type { Press } from './press.ts';

/**
 * While a device is pressed again and again without a pause of one interval, which presses are kept goes back to the first of them all. So
 * that it need not be looked for over hours, time is cut into spans of so many intervals: when there was no pause for a whole span, the
 * first press of the next one is kept, whatever was before. At most one in so many is then kept that would not be.
 */
export const INTERVALS_A_SPAN = 12;

export type Sitting = {
  kept: Press;
  isCorrected: boolean;
  corrects: Press | null;
  busyMs: number;
};

/** @param before the press before it on its track; null where there is none. Neither is part of a regular run. */
export function sit(press: Press, before: Press | null): Sitting {
  const { at } = press.vote;
  const fresh = { kept: press, isCorrected: false, corrects: null, busyMs: 0 };
  if (before === null) return fresh;
  const intervalMs = press.rules.pressIntervalMs;
  const gapMs = gapOf(before.vote, press.vote);
  if (gapMs >= intervalMs && gapMs > before.rules.changeOfMindMs) return fresh;

  const spanMs = intervalMs * INTERVALS_A_SPAN;
  let busyMs = before.busyMs + at - before.vote.at;
  if (spanMs > 0) {
    const start = Math.floor(at / spanMs) * spanMs;
    // All that matters of what was before the last span is that it was.
    busyMs = Math.min(busyMs, at - start + spanMs + 1);
    if (before.vote.at < start && at - busyMs < start - spanMs) return { ...fresh, busyMs };
  }
  const { kept, isCorrected } = before;
  const sinceKeptMs = gapOf(kept.vote, press.vote);
  if (
    !isCorrected &&
    kept.vote.rating !== press.vote.rating &&
    kept.rules.changeOfMindMs > 0 &&
    sinceKeptMs <= kept.rules.changeOfMindMs
  )
    return { kept: press, isCorrected: true, corrects: kept, busyMs };
  if (sinceKeptMs < intervalMs) return { kept, isCorrected, corrects: null, busyMs };
  return { ...fresh, busyMs };
}

/** Writes what `sit` has found. @returns whether anything is different from before. */
export function seat(press: Press, { kept, isCorrected, corrects, busyMs }: Sitting): boolean {
  if (
    press.kept === kept &&
    press.isCorrected === isCorrected &&
    press.corrects === corrects &&
    press.busyMs === busyMs
  )
    return false;
  unseat(press);
  press.kept = kept;
  press.isCorrected = isCorrected;
  press.busyMs = busyMs;
  press.corrects = corrects;
  if (corrects) corrects.correctedBy = press;
  return true;
}

/** It takes nobody's place any more. @returns whose it took. */
export function unseat(press: Press): Press | null {
  const { corrects } = press;
  if (corrects?.correctedBy === press) corrects.correctedBy = null;
  press.corrects = null;
  return corrects;
}
