/** What every adapter of the ledger must do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Batch, Ledger } from '../../gateway/store/ledger.ts';
import { createSqliteLedger } from '../../gateway/store/sqlite/ledger.ts';
import type { QuarantineRecord, Store } from '../../gateway/store/store.ts';
import { addSmallTown, createStoreHome, voteRecord } from '../support/store.ts';

type LedgerHome = { open(): { store: Store; ledger: Ledger }; dispose(): void };

function createSqliteHome(): LedgerHome {
  const { open, dispose } = createStoreHome();
  return {
    open() {
      const store = open();
      return { store, ledger: createSqliteLedger(store) };
    },
    dispose,
  };
}

const EPOCH = 'ab'.repeat(16);
const QUARTER = 15 * 60_000;
const BASE = 1_795_000_000_000 - (1_795_000_000_000 % QUARTER);
const ASIDE = {
  ...{ receivedAt: BASE, reason: 'rating-unknown', terminalKey: 1, topic: 't', payload: '{}' },
};

describe.each([['sqlite', createSqliteHome]] as const)('the %s ledger', (_name, createHome) => {
  let home: LedgerHome;
  let store: Store;
  let ledger: Ledger;
  beforeEach(() => {
    home = createHome();
    ({ store, ledger } = home.open());
    addSmallTown(store);
  });
  afterEach(() => {
    store.close();
    home.dispose();
  });

  const reopen = () => {
    store.close();
    ({ store, ledger } = home.open());
  };
  const source = async () => (await ledger.openJournal(1, EPOCH)).key;
  const commit = (batch: Partial<Batch>) =>
    ledger.commit({ votes: [], quarantine: [], lost: [], keepsConflict: () => true, ...batch });
  const all = async <T>(of: AsyncIterable<T>): Promise<T[]> => {
    const found: T[] = [];
    for await (const one of of) found.push(one);
    return found;
  };
  const aside = (sourceKey: number, seq: number, change: Partial<QuarantineRecord> = {}) => ({
    ...{ ...ASIDE, sourceKey, seq },
    ...change,
  });

  it('stores a vote once, however often it comes, and says which it was', async () => {
    const sourceKey = await source();
    const votes = [voteRecord({ sourceKey, seq: 1 }), voteRecord({ sourceKey, seq: 2, rating: 2 })];
    expect(await commit({ votes })).toEqual(['stored', 'stored']);
    reopen();
    expect(await source()).toBe(sourceKey);
    const again = [...votes, voteRecord({ sourceKey, seq: 3 }), voteRecord({ sourceKey, seq: 2, rating: 1 })];
    expect(await commit({ votes: again })).toEqual(['duplicate', 'duplicate', 'stored', 'conflict']);
    expect(await ledger.countStored(sourceKey)).toEqual({ satisfied: 2, basically: 0, unsatisfied: 1 });
  });

  it('takes commits that are given at once in their order', async () => {
    const sourceKey = await source();
    const vote = (rating: 0 | 1) => ({ votes: [voteRecord({ sourceKey, seq: 1, rating })] });
    expect(await Promise.all([commit(vote(0)), commit(vote(1)), commit(vote(0))])).toEqual([
      ['stored'],
      ['conflict'],
      ['duplicate'],
    ]);
  });

  it('keeps all of a commit or nothing, and goes on', async () => {
    const sourceKey = await source();
    const good = voteRecord({ sourceKey, seq: 1, boot: 'boot-9' });
    const impossible = { sourceKey, range: [5, 6] as [number, number], at: null as never };
    const refused = commit({ votes: [good], quarantine: [aside(sourceKey, 3)], lost: [impossible] });
    await expect(refused).rejects.toMatchObject({ name: 'StoreFailure', code: 'storage-failed' });
    expect(await ledger.accountedRanges(sourceKey)).toEqual([]);
    expect(await commit({ votes: [good] })).toEqual(['stored']);
    expect(await all(ledger.rollups(0))).toMatchObject([{ counts: [1, 0, 0] }]);
  });

  it('gives a journal one key, to all that ask at once and after a restart', async () => {
    const keys = await Promise.all([source(), source(), source()]);
    expect(new Set(keys).size).toBe(1);
    const others = [await ledger.openJournal(1, 'cd'.repeat(16)), await ledger.openJournal(2, EPOCH)];
    expect(new Set([keys[0], ...others.map(({ key }) => key)]).size).toBe(3);
    await commit({ votes: [voteRecord({ sourceKey: keys[0] as number, seq: 1 })] });
    reopen();
    expect(await ledger.openJournal(1, EPOCH)).toMatchObject({ key: keys[0], terminalKey: 1, epoch: EPOCH });
  });

  it('knows what a number is accounted for as', async () => {
    const sourceKey = await source();
    const nothing = { isStored: false, setAsideReason: null, isUndecided: false, isWrittenOff: false };
    await commit({
      votes: [voteRecord({ sourceKey, seq: 1 })],
      quarantine: [aside(sourceKey, 2), aside(sourceKey, 3, { receivedAt: BASE + 1 })],
      lost: [{ sourceKey, range: [5, 6], at: BASE }],
    });
    store.dismiss({ from: BASE + 1 }, BASE);
    store.writeOff('t-1', EPOCH, BASE);
    await commit({ lost: [{ sourceKey, range: [8, 9], at: BASE }] });
    expect(await ledger.knownNumbers(sourceKey, [9, 1, 2, 3, 6, 7])).toEqual([
      nothing,
      { ...nothing, isStored: true },
      { ...nothing, setAsideReason: 'rating-unknown', isUndecided: true },
      { ...nothing, setAsideReason: 'rating-unknown' },
      { ...nothing, isWrittenOff: true },
      nothing,
    ]);
    // Sent well after all: what it was is still known.
    await commit({ votes: [voteRecord({ sourceKey, seq: 2 }), voteRecord({ sourceKey, seq: 6 })] });
    expect(await ledger.knownNumbers(sourceKey, [2, 6])).toMatchObject([
      { isStored: true, setAsideReason: 'rating-unknown' },
      { isStored: true, isWrittenOff: true },
    ]);
    expect(await ledger.knownNumbers(sourceKey + 1, [1])).toEqual([nothing]);
  });

  it('accounts for every number: stored, set aside under it, or lost', async () => {
    const sourceKey = await source();
    await commit({
      votes: [1, 2, 6].map((seq) => voteRecord({ sourceKey, seq })),
      quarantine: [aside(sourceKey, 3), { ...ASIDE, sourceKey: null, seq: null, reason: 'json-invalid' }],
    });
    await commit({ lost: [{ sourceKey, range: [8, 9], at: BASE }] });
    reopen();
    expect(await ledger.accountedRanges(sourceKey)).toEqual([
      [1, 3],
      [6, 6],
      [8, 9],
    ]);
  });

  it('keeps the other body of a vote in conflict, as far as it is told to', async () => {
    const sourceKey = await source();
    await commit({ votes: [voteRecord({ sourceKey, seq: 1 }), voteRecord({ sourceKey, seq: 2 })] });
    const others = [voteRecord({ sourceKey, seq: 1, mono: 77 }), voteRecord({ sourceKey, seq: 2, mono: 78 })];
    expect(await commit({ votes: others, keepsConflict: ({ seq }) => seq === 2 })).toEqual([
      'conflict',
      'conflict',
    ]);
    expect(store.quarantined(10).map(({ seq }) => seq)).toEqual([2]);
  });

  it('gives rollups from a moment on, over days without any, while votes come in', async () => {
    const sourceKey = await source();
    const day = 96 * QUARTER;
    const times = [BASE - day, BASE, BASE + 1, BASE + 40 * day];
    await commit({ votes: times.map((at, index) => voteRecord({ sourceKey, seq: index + 1, at })) });
    const seen: number[] = [];
    for await (const { quarterStart, counts } of ledger.rollups(BASE)) {
      seen.push(quarterStart, counts[0]);
      await commit({ votes: [voteRecord({ sourceKey, seq: 10 + seen.length, at: BASE - 9 * day })] });
    }
    expect(seen).toEqual([BASE, 2, BASE + 40 * day, 1]);
    expect(await all(ledger.rollups(BASE + 41 * day))).toEqual([]);
  });
});
