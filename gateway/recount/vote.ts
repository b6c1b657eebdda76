/** A stored vote as rules look at it. */
import { CHANNELS } from '../../protocol/channel.ts';
import { CLOCKS } from '../../protocol/vote.ts';
import type { StoredVote } from '../store/recount.ts';

export type Vote = StoredVote & {
  /** It was pressed on a device; messages, calls, cards and forms were not. */
  isPressed: boolean;
  /** Its press time is one that a clock has told. */
  isTimed: boolean;
  /** How long the contact was held; null: not known. */
  heldMs: number | null;
  isTest: boolean;
};

export function voteOf(stored: StoredVote): Vote {
  const channel = CHANNELS[stored.channel];
  return {
    ...stored,
    isPressed: stored.terminalKey !== null && (channel === 'button' || channel === 'touch'),
    isTimed: CLOCKS[stored.clock] !== 'estimated' && !stored.isPlaced,
    // Nothing that is stored says so of a vote yet.
    ...{ heldMs: null, isTest: false },
  };
}

/** By press time; in one millisecond by journal, boot, monotonic clock and number. */
export function inOrder(a: Vote, b: Vote): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.journalKey !== b.journalKey) return a.journalKey - b.journalKey;
  if (a.boot !== b.boot) return a.boot < b.boot ? -1 : 1;
  return a.mono !== b.mono ? a.mono - b.mono : a.seq - b.seq;
}
