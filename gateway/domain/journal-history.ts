/**
 * What is known of a journal's past: at that moment it had that many votes. A vote with a higher number was pressed later, and
 * how many can have come since is bounded by what people can press. Times by the gateway's clock.
 */

/** Ten times what a window can honestly have: a stuck number is to be told from a busy day. */
const HEADROOM = 10;
/** What a message under way, a burst or a second's pressing may add at once. */
const AT_ONCE = 2_000;
/** Of a terminal that nobody has ever heard: it may come from a gateway whose data is gone, with years in its journal. */
const NEVER_HEARD = 10_000_000;
/** How long a new terminal may have pressed before it was ever heard. */
const UNHEARD_MS = 31 * 24 * 3_600_000;
const MARK_EVERY_MS = 10 * 60_000;
const MARKS_KEPT = 8;
const DAY_MS = 24 * 3_600_000;

/** `at` is null when nobody noted it. */
export type Known = { seq: number; at: number | null };

export class JournalHistory {
  /** The newest; the same object for good, for it is told with every message. */
  readonly known: Known;
  /** Nothing of the journal is older; null when that is not known. */
  readonly floorAt: number | null;
  private readonly marks: { seq: number; at: number }[] = [];
  private readonly perDay: number;

  constructor(begun: { known: Known; floorAt: number | null; perDay: number }) {
    this.known = { ...begun.known };
    this.floorAt = begun.floorAt;
    this.perDay = begun.perDay;
  }

  /** The terminal has had `last` votes by now. */
  note(last: number, at: number): void {
    const { seq, at: notedAt } = this.known;
    if (last < seq) return;
    const newest = this.marks.at(-1);
    if (notedAt !== null && last > seq && notedAt - (newest?.at ?? 0) >= MARK_EVERY_MS) {
      this.marks.push({ seq, at: notedAt });
      if (this.marks.length > MARKS_KEPT) this.marks.shift();
    }
    this.known.seq = last;
    this.known.at = at;
  }

  /** The number did not exist before. A moment that is still to come (the clock was set back) proves nothing. */
  notBefore(seq: number, now: number): number {
    if (seq > this.known.seq && this.known.at !== null && this.known.at <= now) return this.known.at;
    for (let of = this.marks.length - 1; of >= 0; of--) {
      const mark = this.marks[of] as { seq: number; at: number };
      if (mark.seq < seq && mark.at <= now) return mark.at;
    }
    return this.floorAt !== null && this.floorAt <= now ? this.floorAt : 0;
  }

  /** Can there be such a number? The quick way for nearly every message. */
  isPossible(last: number, now: number): boolean {
    return last <= this.known.seq + AT_ONCE || last <= this.highest(now);
  }

  /** The highest number that there can be. */
  highest(now: number): number {
    const { seq, at } = this.known;
    if (at === null) return seq + NEVER_HEARD;
    return seq + AT_ONCE + Math.ceil((Math.max(0, now - at) / DAY_MS) * this.perDay * HEADROOM);
  }
}

/** @param heardAt when the terminal was last heard with an earlier journal; null if never. */
export function newJournalHistory(heardAt: number | null, now: number, perDay: number): JournalHistory {
  return new JournalHistory({
    known: { seq: 0, at: heardAt },
    floorAt: heardAt ?? now - UNHEARD_MS,
    perDay,
  });
}
