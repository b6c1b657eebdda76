/** What votes that are stored together add to their rollups. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { VoteRecord } from '../ledger.ts';

type Rollup = {
  quarter: number;
  windowKey: number;
  journalKey: number;
  counts: [number, number, number];
  firstSeq: number;
  lastSeq: number;
  lastAt: number;
};

type Summed = Pick<VoteRecord, 'at' | 'windowKey' | 'journalKey' | 'rating' | 'seq'>;

/** Sums a batch, so that a key costs one upsert however many of its votes the batch holds. */
export class RollupBatch {
  private readonly latest = new Map<number, Rollup>();
  private readonly all = new Map<string, Rollup>();

  add(vote: Summed): void {
    const quarter = Math.floor(vote.at / QUARTER_MS);
    let rollup = this.latest.get(vote.journalKey);
    if (!rollup || rollup.quarter !== quarter || rollup.windowKey !== vote.windowKey) {
      const key = `${quarter}/${vote.windowKey}/${vote.journalKey}`;
      rollup = this.all.get(key);
      if (!rollup) {
        const { windowKey, journalKey, seq, at } = vote;
        rollup = {
          quarter,
          windowKey,
          journalKey,
          counts: [0, 0, 0],
          firstSeq: seq,
          lastSeq: seq,
          lastAt: at,
        };
        this.all.set(key, rollup);
      }
      this.latest.set(vote.journalKey, rollup);
    }
    rollup.counts[vote.rating] += 1;
    if (vote.seq < rollup.firstSeq) rollup.firstSeq = vote.seq;
    if (vote.seq > rollup.lastSeq) rollup.lastSeq = vote.seq;
    if (vote.at > rollup.lastAt) rollup.lastAt = vote.at;
  }

  values(): Iterable<Rollup> {
    return this.all.values();
  }
}
