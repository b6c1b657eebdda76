import type { Counts } from '../../protocol/vote.ts';

/** Rating codes as the store keeps them: the position in RATINGS. */
export type RatingCode = 0 | 1 | 2;

/**
 * Votes a rating in numbered slots (minutes or days) of a window that moves forward. A slot is reused `slots` later,
 * so at any time the newest `slots` numbers are held.
 */
export class Tally {
  /** Below 0 while it is known that a vote counts elsewhere, and the vote itself is not: two gateways hear of each other in any order. */
  private readonly counts: Int32Array;
  private readonly numbers: Float64Array;
  private readonly slots: number;

  constructor(slots: number) {
    this.slots = slots;
    this.counts = new Int32Array(slots * 3);
    this.numbers = new Float64Array(slots).fill(-1);
  }

  /** Adds votes to a slot, or takes some away that are in it or will be; a number older than what the slot holds is left out (false). */
  add(number: number, rating: RatingCode, votes: number): boolean {
    const slot = number % this.slots;
    const held = this.numbers[slot] as number;
    if (number < held) return false;
    if (number > held) {
      this.numbers[slot] = number;
      this.counts.fill(0, slot * 3, slot * 3 + 3);
    }
    const at = slot * 3 + rating;
    this.counts[at] = (this.counts[at] as number) + votes;
    return true;
  }

  /** Adds the counts of the slots `from` to `to` (both included) to `sum`. */
  sum(from: number, to: number, sum: Counts): void {
    for (let number = from; number <= to; number++) {
      const slot = number % this.slots;
      if (this.numbers[slot] !== number) continue;
      sum.satisfied += Math.max(0, this.counts[slot * 3] as number);
      sum.basically += Math.max(0, this.counts[slot * 3 + 1] as number);
      sum.unsatisfied += Math.max(0, this.counts[slot * 3 + 2] as number);
    }
  }
}

export function votesIn({ satisfied, basically, unsatisfied }: Counts): number {
  return satisfied + basically + unsatisfied;
}

export function addCounts(sum: Counts, more: Counts): void {
  sum.satisfied += more.satisfied;
  sum.basically += more.basically;
  sum.unsatisfied += more.unsatisfied;
}

export function emptyCounts(): Counts {
  return { satisfied: 0, basically: 0, unsatisfied: 0 };
}
