/** A command line that stores votes of a journal while a gateway has the same store open. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import { addSmallTown, createStoreHome, type StoreHome, voteRecord } from '../support/store.ts';

const EPOCH = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);
const TOLD = { last: 3, totals: { satisfied: 3, basically: 0, unsatisfied: 0 } };

describe.each([['sqlite', createStoreHome]] as const)(
  'votes imported beside a gateway, in the %s store',
  (_, make) => {
    let home: StoreHome;
    let gateway: SqliteStore;
    let cli: SqliteStore;
    beforeEach(() => {
      home = make();
      gateway = home.open();
      addSmallTown(gateway);
      cli = home.open();
    });
    afterEach(() => {
      gateway.close();
      cli.close();
      home.dispose();
    });
    const carry = (epoch: string, seqs: number[]) =>
      cli.atomic(() => {
        const sourceKey = cli.openImported(1, epoch, TOLD);
        const outcomes = cli.commit(
          seqs.map((seq) => voteRecord({ sourceKey, seq })),
          [],
        );
        cli.importEnded();
        return outcomes;
      });
    const stored = () =>
      [...gateway.exportVotes(0, 9e12, null)].flat().map(({ epoch, seq }) => `${epoch.slice(0, 2)}${seq}`);

    it('never share a key with a journal that the gateway has begun and not written yet', () => {
      const begun = gateway.openSource(2, OTHER).key;
      expect(carry(EPOCH, [1])).toEqual(['stored']);
      expect(gateway.commit([voteRecord({ sourceKey: begun, seq: 1, windowKey: 2 })], [])).toEqual([
        'stored',
      ]);
      expect(stored()).toEqual(['cd1', 'ab1']);
      expect(gateway.openSource(1, EPOCH).key).not.toBe(begun);
    });

    it('become those of the same journal when the gateway has begun it meanwhile', () => {
      const begun = gateway.openSource(1, EPOCH).key;
      expect(carry(EPOCH, [1, 2])).toEqual(['stored', 'stored']);
      const votes = [2, 3].map((seq) => voteRecord({ sourceKey: begun, seq }));
      expect(gateway.commit(votes, [])).toEqual(['duplicate', 'stored']);
      expect(stored()).toEqual(['ab1', 'ab2', 'ab3']);
      expect(gateway.sources()).toMatchObject([
        { key: begun, lastSeq: 3, announced: 3, totals: TOLD.totals },
      ]);
      expect(gateway.accountedRanges(begun)).toEqual([[1, 3]]);
      expect(gateway.repairRollups([begun], { at: 0, actor: 'test', origin: 'local' })).toMatchObject({
        differences: [],
      });
    });

    it('are told to the gateway, and leave the next keys small', () => {
      const before = gateway.decisions();
      carry(EPOCH, [1]);
      expect(gateway.decisions()).toBe(before + 1);
      gateway.close();
      gateway = home.open();
      expect(gateway.openSource(2, OTHER).key).toBe(1);
    });

    it('never take back what the terminal itself has told', () => {
      const { key } = gateway.openSource(1, EPOCH);
      const totals = { satisfied: 4, basically: 1, unsatisfied: 0 };
      gateway.saveAnnouncements([
        { sourceKey: key, totals, announced: 5, known: { seq: 0, at: null }, floorAt: null },
      ]);
      expect(cli.openImported(1, EPOCH, TOLD)).toBe(key);
      expect(gateway.sources()).toMatchObject([{ totals, announced: 5 }]);
    });
  },
);
