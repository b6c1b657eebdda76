/** R1 and R2, after presses of one track have come, or have become part of a regular run or of none. */
import { isSameTrack } from './judged-vote.ts';
import type { Press } from './press.ts';
import type { Changed, RecentPresses } from './recent-presses.ts';
import { seat, sit, unseat } from './sittings.ts';
import type { Widest } from './widest.ts';

/**
 * From the first of the changed presses on until, past the last of them, nothing is different from before.
 * @returns false when it takes presses to say so that are forgotten.
 */
export function renewSittings(recent: RecentPresses, widest: Widest, changed: Changed): boolean {
  const { presses } = recent;
  const { lowest, highest } = changed;
  const first = presses[lowest] as Press;
  let before = pressBefore(recent, lowest, widest.sittingMs);
  if (before === 'forgotten') return false;
  const noteOf = (press: Press): boolean => {
    const place = recent.placeOf(press.vote);
    if (presses[place] !== press) return false;
    changed.note(place);
    return true;
  };
  for (let place = lowest; place < presses.length; place++) {
    const press = presses[place] as Press;
    if (!isSameTrack(press.vote, first.vote)) continue;
    const { corrects } = press;
    if (press.isRegular) {
      unseat(press);
      if (corrects && !noteOf(corrects)) return false;
      continue;
    }
    const isChanged = seat(press, sit(press, before));
    if (isChanged) {
      changed.note(place);
      if (corrects && !noteOf(corrects)) return false;
      if (press.corrects && !noteOf(press.corrects)) return false;
    } else if (place > highest) break;
    before = press;
  }
  return true;
}

function pressBefore(recent: RecentPresses, place: number, withinMs: number): Press | null | 'forgotten' {
  const { vote } = recent.presses[place] as Press;
  for (let at = place - 1; ; at--) {
    const press = recent.presses[at];
    if (press === undefined) return recent.mayHaveForgotten(vote.at, withinMs) ? 'forgotten' : null;
    if (vote.at - press.vote.at > withinMs) return null;
    if (!press.isRegular && isSameTrack(press.vote, vote)) return press;
  }
}
