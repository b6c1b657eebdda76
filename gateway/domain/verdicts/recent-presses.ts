/** The latest presses of one window, in the order in which they are judged. What is older is forgotten, and that it is, is known. */
import { compareVotes, type JudgedVote } from './judged-vote.ts';
import type { Press } from './press.ts';

export class RecentPresses {
  readonly presses: Press[] = [];
  /** Every press of the window since is here. */
  knownFrom = Number.NEGATIVE_INFINITY;

  /** Where it is, or belongs. Late ones are late by little: looked for from the end. */
  placeOf(vote: JudgedVote): number {
    const { presses } = this;
    let [low, high] = [0, presses.length];
    for (let step = 1; step <= high; step *= 2) {
      const at = high - step;
      if (compareVotes((presses[at] as Press).vote, vote) < 0) {
        low = at + 1;
        break;
      }
      high = at;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareVotes((presses[middle] as Press).vote, vote) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** May something have been pressed within that time before `at` that is forgotten? */
  mayHaveForgotten(at: number, withinMs: number): boolean {
    return at - this.knownFrom <= withinMs;
  }

  /** Forgets as many of the oldest. */
  forget(presses: number): void {
    const last = this.presses[presses - 1];
    if (!last) return;
    this.knownFrom = Math.max(this.knownFrom, last.vote.at + 1);
    this.presses.splice(0, presses);
  }

  /** Forgets what was pressed up to then. */
  forgetThrough(at: number): void {
    const after = this.presses.findIndex(({ vote }) => vote.at > at);
    this.forget(after === -1 ? this.presses.length : after);
  }

  /** … and before: what was pressed before then is not known. */
  forgetUntil(at: number): void {
    this.forgetThrough(at - 1);
    this.knownFrom = Math.max(this.knownFrom, at);
  }
}

/** Which presses, by their places, something new was found of. One may be noted twice. */
export class Changed {
  /** The first `count` of them: it is not emptied, which takes longer than a press. */
  readonly places: number[] = [];
  count = 0;
  lowest = 0;
  highest = 0;

  begin(place: number): void {
    this.places[0] = place;
    this.count = 1;
    this.lowest = place;
    this.highest = place;
  }

  note(place: number): void {
    this.places[this.count++] = place;
    if (place < this.lowest) this.lowest = place;
    if (place > this.highest) this.highest = place;
  }
}
