/** A small town whose first terminal has a journal, and what may be done to its votes. */
import { expect } from 'vitest';
import type { Batch, QuarantineRecord } from '../../gateway/store/ledger.ts';
import type { ReviewTx } from '../../gateway/store/review.ts';
import { decide } from './decide.ts';
import { batchOf } from './ledger-home.ts';
import { compareApart, compareDiscounted, compareExcluded, compareRollups } from './ledger-recount.ts';
import type { PortsHome } from './port-homes.ts';
import { voteRecord } from './store.ts';
import { addSmallTown } from './tree.ts';

export const EPOCH = 'ab'.repeat(16);
export const QUARTER = 15 * 60_000;
export const BASE = 1_795_000_000_000 - (1_795_000_000_000 % QUARTER);

export type ReviewRig = Awaited<ReturnType<typeof createReviewRig>>;

export async function createReviewRig(home: PortsHome) {
  const ports = await home.open();
  await addSmallTown(ports);
  const journal = async (terminalKey: number, epoch = EPOCH) =>
    (await ports.ledger.openJournal(terminalKey, epoch)).key;
  const source = await journal(1);
  return {
    ports,
    journal,
    source,
    commit: (batch: Partial<Batch>) => ports.ledger.commit(batchOf(batch)),
    /** A millisecond apart; every third is discounted. */
    votes: (...seqs: number[]) =>
      seqs.map((seq) =>
        voteRecord({ journalKey: source, seq, at: BASE + seq, ...(seq % 3 === 0 && { verdict: 1 }) }),
      ),
    aside: (seq: number, change: Partial<QuarantineRecord> = {}): QuarantineRecord => ({
      ...{ receivedAt: BASE + seq, reason: 'too-fast', terminalKey: 1, topic: 't', payload: `${seq}` },
      ...{ journalKey: source, seq },
      ...change,
    }),
    act: <T>(of: (tx: ReviewTx) => Promise<T>) => decide(ports.review, of),
    decisions: async () =>
      (await home.rows<{ decisions: number }>('SELECT decisions FROM reviewed'))[0]?.decisions,
    /** Everything kept beside the votes is what they say. */
    async end() {
      const [rollups, excluded] = [await compareRollups(home), await compareExcluded(home)];
      const discounted = await compareDiscounted(home);
      const apart = await compareApart(home);
      await ports.close();
      await home.dispose();
      expect(rollups.kept, 'rollups').toEqual(rollups.counted);
      expect(excluded.kept, 'excluded').toEqual(excluded.counted);
      expect(discounted.kept, 'discounted').toEqual(discounted.counted);
      expect(apart.kept, 'apart').toEqual(apart.counted);
    },
  };
}
