/** R5, after a press has come: which presses of its button are part of a regular run now. */
import { gapOf } from './judged-vote.ts';
import type { Press } from './press.ts';
import type { Changed, RecentPresses } from './recent-presses.ts';
import { isSameButton, regularAround, regularFrom } from './regularity.ts';
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
  const press = recent.presses[place] as Press;
  gauge(recent, place, stuckLongestGapMs);
  if (place < recent.presses.length - 1) gaugeAfter(recent, place, stuckLongestGapMs);
  else if (isUniform && press.alike < press.rules.stuckPresses - 1) return true;
  if (isUniform && !partsRun(recent, place, stuckLongestGapMs)) return findRunsWith(recent, place, changed);
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

/** For the quick way: of the press that is the last of all, judged by the rules of all that may be in a run with it. */
export function isLastOfNoRun(recent: RecentPresses, place: number, widest: Widest): boolean {
  if (widest.stuckPresses === 0) return true;
  const press = recent.presses[place] as Press;
  gauge(recent, place, widest.stuckLongestGapMs);
  return press.alike < press.rules.stuckPresses - 1;
}

/** What `alike` is where the press before it may be forgotten. */
const UNKNOWN = 1_000;

/** Gaps that are too different are in no run together: of nearly every press no more than two or three up to it are alike. */
function gauge(recent: RecentPresses, place: number, pauseMs: number): void {
  const press = recent.presses[place] as Press;
  const { vote, rules } = press;
  for (let at = place - 1; ; at--) {
    const before = recent.presses[at];
    if (before === undefined || vote.at - before.vote.at > pauseMs) {
      press.gapMs = -1;
      press.alike = before === undefined && recent.mayHaveForgotten(vote.at, pauseMs) ? UNKNOWN : 0;
      return;
    }
    if (!isSameButton(before, press)) continue;
    const gapMs = gapOf(before.vote, vote);
    const areAlike = gapMs <= before.gapMs * rules.stuckRatio && before.gapMs <= gapMs * rules.stuckRatio;
    press.gapMs = gapMs;
    press.alike = areAlike || before.gapMs < 0 ? Math.min(UNKNOWN, before.alike + 1) : 1;
    return;
  }
}

/** Those that come after it on its button, until nothing differs. */
function gaugeAfter(recent: RecentPresses, place: number, pauseMs: number): void {
  let before = recent.presses[place] as Press;
  for (let at = place + 1; ; at++) {
    const press = recent.presses[at];
    if (press === undefined || press.vote.at - before.vote.at > pauseMs) return;
    if (!isSameButton(before, press)) continue;
    const { gapMs, alike } = press;
    gauge(recent, at, pauseMs);
    if (press.gapMs === gapMs && press.alike === alike) return;
    before = press;
  }
}

/** A run that it parts has the presses of its button to either side of it. */
function partsRun(recent: RecentPresses, place: number, pauseMs: number): boolean {
  const [after] = placesAfter(recent, place, 1, pauseMs);
  if (after === undefined || !recent.presses[after]?.isRegular) return false;
  const before = placesBefore(recent, place, 1, pauseMs);
  return before === null || before.some((at) => recent.presses[at]?.isRegular);
}

/** Runs that it is in, where there are no others to be told of. @returns false when they may begin with presses that are forgotten. */
function findRunsWith(recent: RecentPresses, place: number, changed: Changed): boolean {
  const { presses } = recent;
  const { rules } = presses[place] as Press;
  const places = [place];
  for (const step of [-1, 1] as const) {
    let next = presses[place] as Press;
    let [count, shortest, longest] = [0, Number.POSITIVE_INFINITY, 0];
    for (let at = place + step; count < rules.stuckPresses - 1; at += step) {
      const press = presses[at];
      if (press === undefined) {
        if (step === -1 && recent.mayHaveForgotten(next.vote.at, rules.stuckLongestGapMs)) return false;
        break;
      }
      if (Math.abs(next.vote.at - press.vote.at) > rules.stuckLongestGapMs) break;
      if (!isSameButton(press, next)) continue;
      const gap = step === -1 ? gapOf(press.vote, next.vote) : gapOf(next.vote, press.vote);
      if (gap > longest) longest = gap;
      if (gap < shortest) shortest = gap;
      if (longest > shortest * rules.stuckRatio) break;
      if (step === -1) places.unshift(at);
      else places.push(at);
      count += 1;
      next = press;
    }
  }
  if (places.length < rules.stuckPresses) return true;
  const button = places.map((at) => presses[at] as Press);
  for (let start = 0; start + rules.stuckPresses <= button.length; start++) {
    if (regularFrom(button, start, rules) === null) continue;
    for (let index = start; index < start + rules.stuckPresses; index++) {
      const press = button[index] as Press;
      if (press.isRegular) continue;
      press.isRegular = true;
      changed.note(places[index] as number);
    }
  }
  return true;
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
