/**
 * How many votes one message may have. Over a line of a kilobyte a second, a full message takes longer than any patience with a
 * gateway that does not answer: the session would be given up, and begun again, for ever. Pure: no clock, no I/O.
 */
import { MAX_VOTES_PER_MESSAGE } from '../../protocol/vote.ts';

export type Pace = {
  /** At most, now. */
  readonly votes: number;
  /** A message was answered in so long. */
  answered(tookMs: number): void;
  /** Nothing was answered until the session was given up. */
  gaveUp(): void;
};

/** Two kilobytes: a guess that a good line corrects upwards within two answers. */
const FIRST_VOTES = 16;
const QUICK_MS = 1_000;
/** A press has to wait behind what is on its way, and a quarter of it must never take as long as an answer is waited for. */
const SLOW_MS = 6_000;

export function createPace(): Pace {
  let votes = FIRST_VOTES;
  const set = (wanted: number) => {
    votes = Math.min(MAX_VOTES_PER_MESSAGE, Math.max(1, Math.floor(wanted)));
  };
  return {
    get votes() {
      return votes;
    },
    answered(tookMs) {
      if (tookMs < QUICK_MS) set(votes * 2);
      else if (tookMs > SLOW_MS) set(votes / 2);
    },
    gaveUp: () => set(votes / 4),
  };
}
