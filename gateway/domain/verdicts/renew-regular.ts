/** R5, after a press has come: which presses of its button are part of a regular run now. */
import { gapOf } from './judged-vote.ts';
import type { Press } from './press.ts';
import type { Changed, RecentPresses } from './recent-presses.ts';
import { isSameButton, regularAround } from './regularity.ts';
import type { Widest } from './widest.ts';

/**
 * @param isUniform all that may be in a run with it is judged by the same rules.
 * @returns false when it takes presses to say so that are forgotten.
 */
export function renewRegular(
  recent: RecentPresses,
  place: number,
  isUniform: boolean,
  widest: Widest,
  changed: Changed,
): boolean {
  const { stuckPresses, stuckLongestGapMs } = widest;
  if (stuckPresses === 0) return true;
  if (isUniform) {
    const touches = touchesRun(recent, place);
    if (touches !== 'perhaps') return touches === 'no';
  }
  const far = 2 * (stuckPresses - 1);
  const before = placesBefore(recent, place, far, stuckLongestGapMs);
  if (before === null) return false;
  const places = [...before, place, ...placesAfter(recent, place, far, stuckLongestGapMs)];
  const button = places.map((at) => recent.presses[at] as Press);
  const from = Math.max(0, before.length - stuckPresses + 1);
  const to = Math.min(button.length, before.length + stuckPresses);
  for (let index = from; index < to; index++) {
    const press = button[index] as Press;
    const isRegular = regularAround(button, index) !== null;
    if (press.isRegular === isRegular) continue;
    press.isRegular = isRegular;
    changed.note(places[index] as number);
  }
  return true;
}

/**
 * The quick way for nearly every press: it parts no run, since its neighbours are in none; and it is in none, since the gaps to either side
 * of it differ too much after two or three.
 */
function touchesRun(recent: RecentPresses, place: number): 'no' | 'perhaps' | 'unknown' {
  const { presses } = recent;
  const { rules } = presses[place] as Press;
  const gaps = { back: 0, forward: 0 };
  for (const step of [-1, 1] as const) {
    let next = presses[place] as Press;
    let [count, shortest, longest] = [0, Number.POSITIVE_INFINITY, 0];
    for (let at = place + step; count < rules.stuckPresses - 1; at += step) {
      const press = presses[at];
      if (press === undefined) {
        if (step === -1 && recent.mayHaveForgotten(next.vote.at, rules.stuckLongestGapMs)) return 'unknown';
        break;
      }
      if (Math.abs(next.vote.at - press.vote.at) > rules.stuckLongestGapMs) break;
      if (!isSameButton(press, next)) continue;
      if (press.isRegular) return 'perhaps';
      const gap = step === -1 ? gapOf(press.vote, next.vote) : gapOf(next.vote, press.vote);
      if (gap > longest) longest = gap;
      if (gap < shortest) shortest = gap;
      if (longest > shortest * rules.stuckRatio) break;
      count += 1;
      next = press;
    }
    gaps[step === -1 ? 'back' : 'forward'] = count;
  }
  return gaps.back + gaps.forward < rules.stuckPresses - 1 ? 'no' : 'perhaps';
}

/** Places of presses of the same button before it, ascending, without a pause; null when some are forgotten. */
function placesBefore(recent: RecentPresses, place: number, most: number, pauseMs: number): number[] | null {
  const places: number[] = [];
  let next = recent.presses[place] as Press;
  for (let at = place - 1; places.length < most; at--) {
    const press = recent.presses[at];
    if (press === undefined) {
      if (recent.mayHaveForgotten(next.vote.at, pauseMs)) return null;
      break;
    }
    if (next.vote.at - press.vote.at > pauseMs) break;
    if (!isSameButton(press, next)) continue;
    places.push(at);
    next = press;
  }
  return places.reverse();
}

function placesAfter({ presses }: RecentPresses, place: number, most: number, pauseMs: number): number[] {
  const places: number[] = [];
  let before = presses[place] as Press;
  for (let at = place + 1; places.length < most; at++) {
    const press = presses[at];
    if (press === undefined || press.vote.at - before.vote.at > pauseMs) break;
    if (!isSameButton(before, press)) continue;
    places.push(at);
    before = press;
  }
  return places;
}
