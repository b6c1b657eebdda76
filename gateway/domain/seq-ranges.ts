/** Which sequence numbers of a journal are accounted for: everything up to `upTo`, and closed ranges above it. */
export type Range = [from: number, to: number];

export class SeqRanges {
  /** Everything from 1 to here is accounted for. */
  upTo = 0;
  /** Ascending, disjoint, not touching, all above upTo + 1. */
  private above: Range[] = [];

  has(seq: number): boolean {
    if (seq <= this.upTo) return true;
    return this.above.some(([from, to]) => from <= seq && seq <= to);
  }

  /** Highest number accounted for. */
  get max(): number {
    return this.above.at(-1)?.[1] ?? this.upTo;
  }

  /** How many numbers are accounted for. */
  get size(): number {
    return this.above.reduce((sum, [from, to]) => sum + to - from + 1, this.upTo);
  }

  /** Ranges held above `upTo`: what a hostile sender can make grow. */
  get fragments(): number {
    return this.above.length;
  }

  add(from: number, to: number = from): void {
    if (to <= this.upTo) return;
    if (from <= this.upTo + 1) {
      this.upTo = to;
      this.absorb();
      return;
    }
    const last = this.above.at(-1);
    if (last && from === last[1] + 1) {
      last[1] = to;
      return;
    }
    const merged: Range[] = [];
    let [low, high] = [from, to];
    for (const range of this.above) {
      if (range[1] + 1 < low || range[0] - 1 > high) merged.push(range);
      else [low, high] = [Math.min(low, range[0]), Math.max(high, range[1])];
    }
    merged.push([low, high]);
    this.above = merged.sort((a, b) => a[0] - b[0]);
  }

  /** The first number that is not in the run, of numbers accounted for and of `seqs` (ascending), from 1 on. */
  runEnd(seqs: readonly number[]): number {
    let end = this.upTo + 1;
    for (const seq of seqs) if (seq === end) end += 1;
    return end;
  }

  private absorb(): void {
    for (let next = this.above[0]; next && next[0] <= this.upTo + 1; next = this.above[0]) {
      if (next[1] > this.upTo) this.upTo = next[1];
      this.above.shift();
    }
  }

  /** The gaps between 1 and `last`, lowest first, at most `limit` of them. */
  missing(last: number, limit: number): Range[] {
    const gaps: Range[] = [];
    let next = this.upTo + 1;
    for (const [from, to] of this.above) {
      if (gaps.length >= limit || next > last) break;
      gaps.push([next, Math.min(from - 1, last)]);
      next = to + 1;
    }
    if (next <= last && gaps.length < limit) gaps.push([next, last]);
    return gaps;
  }
}
