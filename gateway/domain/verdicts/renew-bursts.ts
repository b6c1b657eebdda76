/** R4, after presses have come, gone or would count no more. */
import { enterBurst, joinBurst } from './bursts.ts';
import type { Press } from './press.ts';
import type { Changed, RecentPresses } from './recent-presses.ts';
import type { Widest } from './widest.ts';

const takesPart = ({ vote, isRegular }: Press) => vote.isTimed && !isRegular;

/**
 * From those on that may be in one burst with the first of the changed presses until, past the last of them, nothing is different.
 * @param isUniform all that may be in a burst with it is judged by the same rules.
 * @returns false when it takes presses to say so that are forgotten.
 */
export function renewBursts(
  recent: RecentPresses,
  isUniform: boolean,
  widest: Widest,
  changed: Changed,
): boolean {
  const { burstPresses, burstSpanMs } = widest;
  if (burstPresses === 0) return true;
  const { presses } = recent;
  const { lowest, highest } = changed;
  if (isUniform && lowest === presses.length - 1 && joinsQuickly(recent, lowest)) return true;
  const lowestAt = (presses[lowest] as Press).vote.at;
  const places = placesBefore(recent, lowest, 2 * burstPresses, 2 * burstSpanMs);
  if (places === null) return false;
  const around = places.map((place) => presses[place] as Press);
  let next = lowest;
  const look = (upTo: number) => {
    for (; around.length <= upTo && next < presses.length; next++) {
      const press = presses[next] as Press;
      if (!takesPart(press)) continue;
      around.push(press);
      places.push(next);
    }
  };
  let index = Math.max(0, around.length - burstPresses);
  while (index < around.length && lowestAt - (around[index] as Press).vote.at > burstSpanMs) index += 1;
  for (let past = 0; ; index++) {
    look(index + burstPresses);
    const place = places[index];
    if (place === undefined) return true;
    const isChanged = joinBurst(around, index);
    if (isChanged) changed.note(place);
    if (place > highest) past += 1;
    if (past > burstPresses && !isChanged) return true;
  }
}

/**
 * The quick way for nearly every press that is the last: there are too few before it, or all before it are in the burst already.
 * @returns whether that is so; what it makes of the press is written then.
 */
function joinsQuickly(recent: RecentPresses, place: number): boolean {
  const { presses } = recent;
  const press = presses[place] as Press;
  const { burstPresses, burstSpanMs } = press.rules;
  if (!takesPart(press)) return true;
  let before: Press | null = null;
  let areAllIn = true;
  for (let count = 0, at = place - 1; count < burstPresses; at--) {
    const other = presses[at];
    if (other === undefined) {
      return !recent.mayHaveForgotten(press.vote.at, burstSpanMs);
    }
    if (press.vote.at - other.vote.at > burstSpanMs) return true;
    if (!takesPart(other)) continue;
    before ??= other;
    areAllIn &&= other.burstState !== 'none';
    count += 1;
  }
  if (!areAllIn || before === null) return false;
  enterBurst(press, before.burstState === 'kept' ? 'kept' : 'open');
  return true;
}

/** Ascending; null when some are forgotten. */
function placesBefore(recent: RecentPresses, place: number, most: number, withinMs: number): number[] | null {
  const { at: from } = (recent.presses[place] as Press).vote;
  const places: number[] = [];
  for (let at = place - 1; places.length < most; at--) {
    const press = recent.presses[at];
    if (press === undefined) {
      if (recent.mayHaveForgotten(from, withinMs)) return null;
      break;
    }
    if (from - press.vote.at > withinMs) break;
    if (takesPart(press)) places.push(at);
  }
  return places.reverse();
}
