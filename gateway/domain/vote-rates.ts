/**
 * How many votes a terminal can honestly have, by when they were pressed: people press one after another. Whatever is more is
 * kept apart for a person to look at; it is never thrown away.
 */
import { MINUTE_MS } from './calendar.ts';

export type VoteRateLimits = { perMinute: number; perHour: number; perDay: number };

/** A long backlog has more minutes than are worth remembering: its hours and days still bound it. */
const SLOTS_KEPT = [128, 1_024, 512] as const;
const SPANS_MS = [MINUTE_MS, 60 * MINUTE_MS, 24 * 60 * MINUTE_MS] as const;

/** Votes in numbered spans of time: the one that was counted last is at hand, the others are a look away. */
class Spans {
  private current = -1;
  private count = 0;
  private readonly others = new Map<number, number>();
  private readonly spanMs: number;
  private readonly kept: number;

  constructor(spanMs: number, kept: number) {
    this.spanMs = spanMs;
    this.kept = kept;
  }

  at(time: number): number {
    const slot = Math.floor(time / this.spanMs);
    if (slot !== this.current) {
      if (this.current >= 0) this.others.set(this.current, this.count);
      this.current = slot;
      this.count = this.others.get(slot) ?? 0;
      this.others.delete(slot);
      // The ones that were left longest ago go first.
      for (const oldest of this.others.keys()) {
        if (this.others.size < this.kept) break;
        this.others.delete(oldest);
      }
    }
    return this.count;
  }

  /** To the span that was last asked for. */
  add(votes: number): void {
    this.count = Math.max(0, this.count + votes);
  }
}

export type VoteRates = {
  /** Counts a vote pressed at `at` if it is within the limits. @returns whether it was. */
  take(terminalKey: number, at: number): boolean;
  /** What was taken at `at` has not become a vote. */
  giveBack(terminalKey: number, at: number): void;
  /** Counts votes that are stored already, for the hour and the day. */
  remember(terminalKey: number, at: number, votes: number): void;
};

export function createVoteRates({ perMinute, perHour, perDay }: VoteRateLimits): VoteRates {
  const terminals = new Map<number, readonly [Spans, Spans, Spans]>();
  const spansOf = (terminalKey: number) => {
    let spans = terminals.get(terminalKey);
    if (!spans) {
      const [minute, hour, day] = SPANS_MS.map((spanMs, of) => new Spans(spanMs, SLOTS_KEPT[of] as number));
      spans = [minute as Spans, hour as Spans, day as Spans];
      terminals.set(terminalKey, spans);
    }
    return spans;
  };
  return {
    take(terminalKey, at) {
      const [minute, hour, day] = spansOf(terminalKey);
      if (minute.at(at) >= perMinute || hour.at(at) >= perHour || day.at(at) >= perDay) return false;
      minute.add(1);
      hour.add(1);
      day.add(1);
      return true;
    },
    giveBack(terminalKey, at) {
      for (const spans of spansOf(terminalKey)) {
        spans.at(at);
        spans.add(-1);
      }
    },
    remember(terminalKey, at, votes) {
      const [, hour, day] = spansOf(terminalKey);
      hour.at(at);
      hour.add(votes);
      day.at(at);
      day.add(votes);
    },
  };
}
