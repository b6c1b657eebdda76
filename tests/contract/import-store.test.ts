/** A command line that stores votes of a journal while a gateway has the same store open. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import { createStoreHome, type StoreHome, voteRecord } from '../support/store.ts';
import { addSmallTown } from '../support/tree.ts';

const EPOCH = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);
const TOLD = { last: 3, totals: { satisfied: 3, basically: 0, unsatisfied: 0 } };

describe.each([['sqlite', createStoreHome]] as const)(
  'votes imported beside a gateway, in the %s store',
  (_, make) => {
    let home: StoreHome;
    let gateway: SqliteStore;
    let cli: SqliteStore;
    beforeEach(async () => {
      home = make();
      gateway = home.open();
      await addSmallTown(gateway);
      cli = home.open();
    });
    afterEach(() => {
      gateway.close();
      cli.close();
      home.dispose();
    });
    const carry = (epoch: string, seqs: number[], isDry = false) => {
      const votes = seqs.map((seq) => {
        const { sourceKey: _, ...vote } = voteRecord({ sourceKey: 0, seq });
        return vote;
      });
      return cli.review.storeImported({ terminalKey: 1, epoch, ...TOLD }, votes, isDry);
    };
    const NONE = { stored: 0, duplicates: 0, conflicts: 0, held: 0 };
    const stored = () =>
      [...gateway.exportVotes(0, 9e12, null)].flat().map(({ epoch, seq }) => `${epoch.slice(0, 2)}${seq}`);

    it('never share a key with a journal that the gateway has begun and not written yet', async () => {
      const begun = gateway.openSource(2, OTHER).key;
      expect(await carry(EPOCH, [1])).toEqual({ ...NONE, stored: 1 });
      expect(gateway.commit([voteRecord({ sourceKey: begun, seq: 1, windowKey: 2 })], [])).toEqual([
        'stored',
      ]);
      expect(stored()).toEqual(['cd1', 'ab1']);
      expect(gateway.openSource(1, EPOCH).key).not.toBe(begun);
    });

    it('become those of the same journal when the gateway has begun it meanwhile', async () => {
      const begun = gateway.openSource(1, EPOCH).key;
      expect(await carry(EPOCH, [1, 2])).toEqual({ ...NONE, stored: 2 });
      const votes = [2, 3].map((seq) => voteRecord({ sourceKey: begun, seq }));
      expect(gateway.commit(votes, [])).toEqual(['duplicate', 'stored']);
      expect(stored()).toEqual(['ab1', 'ab2', 'ab3']);
      expect(gateway.sources()).toMatchObject([
        { key: begun, lastSeq: 3, announced: 3, totals: TOLD.totals },
      ]);
      expect(gateway.accountedRanges(begun)).toEqual([[1, 3]]);
      const repaired = await gateway.repairRollups([begun], { actor: 'test', origin: 'local' });
      expect(repaired).toMatchObject({ differences: [] });
    });

    it('are told to the gateway, and leave the next keys small', async () => {
      const before = gateway.decisions();
      await carry(EPOCH, [1]);
      expect(gateway.decisions()).toBe(before + 1);
      gateway.close();
      gateway = home.open();
      expect(gateway.openSource(2, OTHER).key).toBe(1);
    });

    it('never take back what the terminal itself has told', async () => {
      const { key } = gateway.openSource(1, EPOCH);
      const totals = { satisfied: 4, basically: 1, unsatisfied: 0 };
      gateway.saveAnnouncements([
        { sourceKey: key, totals, announced: 5, known: { seq: 0, at: null }, floorAt: null },
      ]);
      expect(gateway.sources()[0]?.key).toBe(key);
      await carry(EPOCH, [1]);
      expect(gateway.sources()).toMatchObject([{ totals, announced: 5 }]);
    });

    it('are only counted in a dry run', async () => {
      expect(await carry(EPOCH, [1, 2], true)).toEqual({ ...NONE, stored: 2 });
      expect([stored(), gateway.sources(), gateway.decisions()]).toEqual([[], [], 0]);
      expect(await carry(EPOCH, [1, 2])).toEqual({ ...NONE, stored: 2 });
      expect(await carry(EPOCH, [1, 2, 3], true)).toEqual({ ...NONE, stored: 1, duplicates: 2 });
    });
  },
);
