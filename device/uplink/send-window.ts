/**
 * What to send next. Pure: no clock, no I/O. Keeps how far was sent, what the gateway asked for again, and what was sent so
 * recently that it is still on its way.
 */
import { MAX_VOTES_PER_MESSAGE } from '../../protocol/vote.ts';

/** Messages that wait for their PUBACK; more presses gather into the next one. */
export const MESSAGES_IN_FLIGHT = 4;
const WINDOW_VOTES = MESSAGES_IN_FLIGHT * MAX_VOTES_PER_MESSAGE;
/** An ack may have been written before what was sent this recently arrived. */
const FRESH_MS = 2_000;

/** Closed. */
export type Range = { from: number; to: number };

export type SendWindow = {
  /** The next range, of at most `most` votes; null when there is nothing to send now. Everything else is told by `sent`. */
  next(kept: { first: number; last: number; acked: number; most: number }, nowMs: number): Range | null;
  sent(range: Range, nowMs: number): void;
  /** `before` is the cursor until now. Returns whether there was progress. */
  takeAck(upTo: number, before: number, missing: readonly (readonly [number, number])[]): boolean;
  /** No progress for too long: what was asked for is due again, or, when nothing was, everything past the cursor. */
  retry(acked: number): void;
  /** A new session or a new gateway: begin again behind the cursor. */
  restart(acked: number): void;
  /** A new epoch: nothing of it was ever sent. */
  reset(): void;
  /** Sends these once more, before anything else. */
  repeat(range: Range): void;
  readonly sentUpTo: number;
  /** The highest that this process has ever sent. */
  readonly highest: number;
  /** Votes that were sent more than once. */
  readonly resent: number;
};

export function createSendWindow(): SendWindow {
  let sentUpTo = 0;
  let highest = 0;
  let resent = 0;
  let asked: Range[] = [];
  let recent: (Range & { atMs: number })[] = [];
  let repeats: Range | null = null;

  const nextAsked = (first: number, most: number): Range | null => {
    for (const range of asked) {
      let from = Math.max(range.from, first);
      // Skip over what is on its way, piece by piece: `recent` is short.
      for (let seen = covering(from); seen !== undefined && from <= range.to; seen = covering(from))
        from = seen.to + 1;
      if (from > range.to) continue;
      const ahead = recent.filter((one) => one.from > from).map((one) => one.from - 1);
      return { from, to: Math.min(range.to, from + most - 1, ...ahead) };
    }
    return null;
  };
  const covering = (seq: number) => recent.find((one) => one.from <= seq && one.to >= seq);

  return {
    next({ first, last, acked, most }, nowMs) {
      recent = recent.filter((one) => nowMs - one.atMs < FRESH_MS).slice(-WINDOW_VOTES);
      if (repeats !== null) {
        const from = Math.max(repeats.from, first);
        const to = Math.min(repeats.to, last, from + most - 1);
        if (from <= to) return { from, to };
        repeats = null;
      }
      const again = nextAsked(first, most);
      if (again !== null) return again;
      const from = Math.max(sentUpTo + 1, first);
      const to = Math.min(last, acked + WINDOW_VOTES, from + most - 1);
      return from <= to ? { from, to } : null;
    },
    sent(range, nowMs) {
      resent += Math.max(0, Math.min(range.to, highest) - range.from + 1);
      highest = Math.max(highest, range.to);
      if (repeats !== null && range.to >= repeats.from) repeats = { from: range.to + 1, to: repeats.to };
      sentUpTo = Math.max(sentUpTo, range.to);
      recent.push({ ...range, atMs: nowMs });
    },
    takeAck(upTo, before, missing) {
      if (upTo > before) sentUpTo = Math.max(sentUpTo, upTo);
      // A restored gateway lost votes that it once acked; unless those are on their way to it already, go back.
      else if (upTo < before && covering(upTo + 1) === undefined) sentUpTo = upTo;
      // What was not sent yet in this session will be anyway; asked for, it would keep `retry` from going back.
      asked = missing.flatMap(([from, to]) =>
        from <= sentUpTo ? [{ from, to: Math.min(to, sentUpTo) }] : [],
      );
      return upTo > before;
    },
    retry(acked) {
      recent = [];
      if (asked.length === 0) sentUpTo = acked;
    },
    restart(acked) {
      recent = [];
      asked = [];
      repeats = null;
      sentUpTo = acked;
    },
    reset() {
      this.restart(0);
      highest = 0;
    },
    repeat(range) {
      repeats = range;
    },
    get sentUpTo() {
      return sentUpTo;
    },
    get highest() {
      return highest;
    },
    get resent() {
      return resent;
    },
  };
}
