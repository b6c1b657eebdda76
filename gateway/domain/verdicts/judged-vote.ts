/** A vote as the rules see it: its rating, and how and when it was given. All times are milliseconds. */
import type { RatingCode } from '../tally.ts';

/** Which stored vote: the journal or other source that it came from, and its number there. */
export type VoteRef = { sourceKey: number; seq: number };

export type JudgedVote = VoteRef & {
  rating: RatingCode;
  /** Press time, UTC. */
  at: number;
  /** `at` is when it was pressed. It is not where the clock was `estimated`, or the gateway has placed the press at a time of its own. */
  isTimed: boolean;
  /** The device that was pressed; null where nothing was pressed: a message, a call, a card, a form. */
  device: number | null;
  /** The boot of the device, and the moment on its monotonic clock; '' and `at` where it has none. */
  boot: string;
  mono: number;
  /** How long the contact was held; null where nobody knows. */
  heldMs: number | null;
  /** It was taken in test mode or in maintenance. */
  isTest: boolean;
  /** A system gave it, no citizen. */
  isImputed: boolean;
};

/**
 * The order in which votes are judged: by press time; those of one millisecond by source, boot, monotonic clock and number. Total, and the
 * same wherever it is made: texts are compared by their code units.
 */
export function compareVotes(a: JudgedVote, b: JudgedVote): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.sourceKey !== b.sourceKey) return a.sourceKey - b.sourceKey;
  if (a.boot !== b.boot) return a.boot < b.boot ? -1 : 1;
  if (a.mono !== b.mono) return a.mono - b.mono;
  return a.seq - b.seq;
}

/** Pressed on one device, in one boot, by clocks that can be compared. A boot takes longer than a citizen waits. */
export function isSameTrack(a: JudgedVote, b: JudgedVote): boolean {
  return a.device === b.device && a.boot === b.boot && a.isTimed === b.isTimed;
}

/**
 * Between two presses of one track. Of what its two clocks say, the longer: a clock that was set between them takes no citizen's vote.
 * It is never less than by press time, which is what votes are ordered and looked for by.
 */
export function gapOf(earlier: JudgedVote, later: JudgedVote): number {
  return Math.max(later.at - earlier.at, Math.abs(later.mono - earlier.mono));
}

export function refOf({ sourceKey, seq }: VoteRef): VoteRef {
  return { sourceKey, seq };
}
