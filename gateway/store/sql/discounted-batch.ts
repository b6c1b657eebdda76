/** What a commit adds to what rules discount, and takes from it. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RatingCode } from '../../domain/tally.ts';
import type { VerdictCode } from '../ledger.ts';

type Discounted = {
  journalKey: number;
  quarter: number;
  windowKey: number;
  verdict: VerdictCode;
  counts: [number, number, number];
};

type Summed = { journalKey: number; windowKey: number; rating: RatingCode; at: number };

/** Of votes that no person has excluded. */
export class DiscountedBatch {
  private readonly all = new Map<string, Discounted>();

  /** @param votes 1 or -1 */
  add(vote: Summed, verdict: VerdictCode, votes = 1): void {
    if (verdict === 0) return;
    const { journalKey, windowKey, rating, at } = vote;
    const quarter = Math.floor(at / QUARTER_MS);
    const key = `${journalKey}/${quarter}/${windowKey}/${verdict}`;
    let sum = this.all.get(key);
    if (!sum) {
      sum = { journalKey, quarter, windowKey, verdict, counts: [0, 0, 0] };
      this.all.set(key, sum);
    }
    sum.counts[rating] += votes;
  }

  /** In the order of the key. */
  values(): Discounted[] {
    return [...this.all.values()].sort(
      (a, b) =>
        a.journalKey - b.journalKey ||
        a.quarter - b.quarter ||
        a.windowKey - b.windowKey ||
        a.verdict - b.verdict,
    );
  }
}
