/** What is summed once more, by channel, of votes that came otherwise than by a button. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RatingCode } from '../../domain/tally.ts';
import type { ChannelCode } from '../ledger.ts';
import type { WindowSum } from './history/sums.ts';

type Apart = WindowSum & { journalKey: number; counts: [number, number, number] };

type Summed = { journalKey: number; windowKey: number; rating: RatingCode; at: number; channel: ChannelCode };

export class ApartBatch {
  private readonly all = new Map<string, Apart>();

  /**
   * @param part of `apart`: of which sum it is
   * @param votes 1 or -1
   */
  add(vote: Summed, part: number, votes = 1): void {
    const { journalKey, windowKey, rating, at, channel } = vote;
    if (channel === 0) return;
    const quarter = Math.floor(at / QUARTER_MS);
    const key = `${journalKey}/${quarter}/${windowKey}/${channel}/${part}`;
    let sum = this.all.get(key);
    if (!sum) {
      sum = { journalKey, quarter, windowKey, channel, part, counts: [0, 0, 0] };
      this.all.set(key, sum);
    }
    sum.counts[rating] += votes;
  }

  /** In the order of the key. */
  values(): Apart[] {
    if (this.all.size === 0) return [];
    return [...this.all.values()].sort(
      (a, b) =>
        a.journalKey - b.journalKey ||
        a.quarter - b.quarter ||
        a.windowKey - b.windowKey ||
        a.channel - b.channel ||
        a.part - b.part,
    );
  }
}
