/** What every adapter of the store port must do. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import { createStoreHome, type StoreHome, voteRecord } from '../support/store.ts';
import { addSmallTown, plant } from '../support/tree.ts';

const countRows = (file: string, table: string): number => {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  } finally {
    db.close();
  }
};

const EPOCH = 'ab'.repeat(16);
const QUARTER = 15 * 60_000;
const BASE = 1_795_000_000_000 - (1_795_000_000_000 % QUARTER);

describe.each([['sqlite', createStoreHome]] as const)('the %s store', (_name, createHome) => {
  let home: StoreHome;
  let store: SqliteStore;

  beforeEach(async () => {
    home = createHome();
    store = home.open();
    await addSmallTown(store);
  });
  afterEach(() => {
    store.close();
    home.dispose();
  });

  const reopen = () => {
    store.close();
    store = home.open();
  };
  const source = () => store.openSource(1, EPOCH).key;
  const exported = (from = 0, to = 9e12, windowKeys: number[] | null = null) =>
    [...store.exportVotes(from, to, windowKeys)].flat();

  it('stores a vote once, however often it comes', () => {
    const sourceKey = source();
    const votes = [voteRecord({ sourceKey, seq: 1 }), voteRecord({ sourceKey, seq: 2, rating: 2 })];
    expect(store.commit(votes, [])).toEqual(['stored', 'stored']);
    reopen();
    expect(store.openSource(1, EPOCH).key).toBe(sourceKey);
    expect(store.commit([...votes, voteRecord({ sourceKey, seq: 3 })], [])).toEqual([
      'duplicate',
      'duplicate',
      'stored',
    ]);
    expect(exported().map(({ seq, rating, epoch, terminalId }) => [seq, rating, epoch, terminalId])).toEqual([
      [1, 0, EPOCH, 't-1'],
      [2, 2, EPOCH, 't-1'],
      [3, 0, EPOCH, 't-1'],
    ]);
  });

  it('takes a re-dated vote for the same, and quarantines another body under the same number', () => {
    const sourceKey = source();
    store.commit([voteRecord({ sourceKey, seq: 1, at: BASE, clock: 2 })], []);
    expect(store.commit([voteRecord({ sourceKey, seq: 1, at: BASE + 5_000, clock: 0 })], [])).toEqual([
      'duplicate',
    ]);
    for (const other of [{ rating: 1 as const }, { boot: 'boot-2' }, { mono: 99 }])
      expect(store.commit([voteRecord({ sourceKey, seq: 1, ...other })], [])).toEqual(['conflict']);
    expect(exported()).toHaveLength(1);
    expect(store.quarantined(10).map(({ reason }) => reason)).toEqual(Array(3).fill('identity-conflict'));
  });

  it('keeps journals apart by terminal and epoch', () => {
    const keys = [
      store.openSource(1, EPOCH).key,
      store.openSource(1, 'cd'.repeat(16)).key,
      store.openSource(2, EPOCH).key,
    ];
    expect(new Set(keys).size).toBe(3);
    expect(
      store.commit(
        keys.map((sourceKey) => voteRecord({ sourceKey, seq: 1 })),
        [],
      ),
    ).toEqual(Array(3).fill('stored'));
    reopen();
    expect(store.sources().map(({ stored }) => stored.satisfied)).toEqual([1, 1, 1]);
  });

  it('rolls votes up by the quarter of an hour in which they were pressed', () => {
    const sourceKey = source();
    const late = voteRecord({ sourceKey, seq: 9, at: BASE - 1, rating: 2, receivedAt: BASE + 5 * QUARTER });
    store.commit(
      [
        voteRecord({ sourceKey, seq: 1, at: BASE }),
        voteRecord({ sourceKey, seq: 2, at: BASE + QUARTER - 1 }),
      ],
      [],
    );
    store.commit([late, voteRecord({ sourceKey, seq: 3, at: BASE + QUARTER, rating: 1, windowKey: 2 })], []);
    expect([...store.rollups(0)]).toEqual([
      { quarterStart: BASE - QUARTER, windowKey: 1, counts: [0, 0, 1], lastAt: BASE - 1 },
      { quarterStart: BASE, windowKey: 1, counts: [2, 0, 0], lastAt: BASE + QUARTER - 1 },
      { quarterStart: BASE + QUARTER, windowKey: 2, counts: [0, 1, 0], lastAt: BASE + QUARTER },
    ]);
    expect(store.lastVotes()).toEqual([
      { windowKey: 1, lastAt: BASE + QUARTER - 1 },
      { windowKey: 2, lastAt: BASE + QUARTER },
    ]);
    expect([...store.recentVotes(BASE)].map(({ at }) => at).sort()).toEqual([
      BASE,
      BASE + QUARTER - 1,
      BASE + QUARTER,
    ]);
  });

  it('exports exactly a span, in order of the press, of one window or of all', () => {
    const sourceKey = source();
    const times = [BASE - 1, BASE, BASE + 10, BASE + QUARTER, BASE + 3 * QUARTER];
    store.commit(
      times.map((at, index) =>
        voteRecord({ sourceKey, seq: times.length - index, at, windowKey: (index % 2) + 1 }),
      ),
      [],
    );
    expect(exported(BASE, BASE + 3 * QUARTER).map(({ at }) => at)).toEqual(times.slice(1, 4));
    expect(exported(0, 9e12, [2]).map(({ at, windowId }) => [at, windowId])).toEqual([
      [BASE, 'w2'],
      [BASE + QUARTER, 'w2'],
    ]);
    expect(exported(BASE + 11, BASE + QUARTER)).toEqual([]);
  });

  it('exports nothing of no windows', () => {
    expect([...store.exportVotes(0, 9e12, [])].flat()).toEqual([]);
  });

  it('exports a busy quarter of an hour in parts, each vote once and in order', () => {
    const sourceKey = source();
    const count = 25_001;
    const start = Math.floor(BASE / QUARTER) * QUARTER;
    const at = (index: number) => start + Math.floor((index * (QUARTER - 1)) / (count - 1));
    store.commit(
      Array.from({ length: count }, (_, index) => voteRecord({ sourceKey, seq: index + 1, at: at(index) })),
      [],
    );
    const numbers = exported(0, 9e12).map(({ seq }) => seq);
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(exported(at(9_999), at(20_000))).toHaveLength(20_000 - 9_999);
  });

  it('finds the newest votes of some windows, whoever pressed them and however they came', () => {
    const [first, second] = [source(), store.openSource(2, EPOCH).key];
    const day = 24 * 60 * 60_000;
    store.commit(
      [
        voteRecord({ sourceKey: first, seq: 1, at: BASE - 9 * day }),
        voteRecord({ sourceKey: first, seq: 2, at: BASE - QUARTER, rating: 1 }),
        // A number that was pressed later came before: the press decides.
        voteRecord({ sourceKey: first, seq: 3, at: BASE + 5, rating: 2 }),
        voteRecord({ sourceKey: first, seq: 4, at: BASE + 2 }),
        voteRecord({ sourceKey: second, seq: 1, windowKey: 2, at: BASE + 3, rating: 1 }),
      ],
      [],
    );
    const newest = (limit: number, ...keys: number[]) =>
      store
        .newestVotes(
          store.lastVotes().filter(({ windowKey }) => keys.includes(windowKey)),
          limit,
        )
        .map(({ windowKey, rating, at }) => [windowKey, rating, at - BASE]);
    expect(newest(30, 1, 2)).toEqual([
      [1, 2, 5],
      [2, 1, 3],
      [1, 0, 2],
      [1, 1, -QUARTER],
    ]);
    expect(newest(2, 1, 2)).toEqual([
      [1, 2, 5],
      [2, 1, 3],
    ]);
    expect(newest(30, 2)).toEqual([[2, 1, 3]]);
    expect(newest(30)).toEqual([]);
    // All of one quarter of an hour, of which only some may be wanted.
    const many = Array.from({ length: 200 }, (_, at) =>
      voteRecord({ sourceKey: first, seq: 10 + at, at: BASE + 100 + at }),
    );
    store.commit(many, []);
    expect(newest(3, 1, 2).map(([, , at]) => at)).toEqual([299, 298, 297]);
  });

  it('accounts for every number: stored, quarantined under it, or lost', () => {
    const sourceKey = source();
    const record = { receivedAt: BASE, reason: 'rating-unknown', terminalKey: 1, topic: 't', payload: '{}' };
    store.commit(
      [
        voteRecord({ sourceKey, seq: 1 }),
        voteRecord({ sourceKey, seq: 2 }),
        voteRecord({ sourceKey, seq: 6 }),
      ],
      [
        { ...record, sourceKey, seq: 3 },
        { ...record, sourceKey: null, seq: null, reason: 'json-invalid' },
      ],
    );
    store.commit([], [], { lost: [{ sourceKey, range: [8, 9], at: BASE }] });
    expect(store.knownNumber(sourceKey, 3).setAsideReason).toBe(record.reason);
    expect(store.knownNumber(sourceKey, 2).setAsideReason).toBeNull();
    reopen();
    expect(store.accountedRanges(sourceKey)).toEqual([
      [1, 3],
      [6, 6],
      [8, 9],
    ]);
    expect(store.sources()[0]).toMatchObject({ quarantined: 1, stored: { satisfied: 3 } });
    // Set aside first, and then sent well after all: one number, counted once.
    store.commit([voteRecord({ sourceKey, seq: 3 })], []);
    expect(store.sources()[0]).toMatchObject({ quarantined: 0, stored: { satisfied: 4 } });
  });

  it('keeps the other body of a vote in conflict, as far as it is told to', () => {
    const sourceKey = source();
    store.commit([voteRecord({ sourceKey, seq: 1 }), voteRecord({ sourceKey, seq: 2 })], []);
    const others = [voteRecord({ sourceKey, seq: 1, mono: 77 }), voteRecord({ sourceKey, seq: 2, mono: 78 })];
    expect(store.commit(others, [], { keepsConflict: ({ seq }) => seq === 2 })).toEqual([
      'conflict',
      'conflict',
    ]);
    expect(store.quarantined(10).map(({ seq }) => seq)).toEqual([2]);
  });

  it('keeps nothing of what a repeat says of its boot', () => {
    const sourceKey = source();
    store.commit([voteRecord({ sourceKey, seq: 1 })], []);
    const boots = () => countRows(home.file, 'boots');
    const before = boots();
    for (let copy = 0; copy < 3; copy++) {
      const other = voteRecord({ sourceKey, seq: 1, boot: `forged-${copy}` });
      expect(store.commit([other], [], { keepsConflict: () => false })).toEqual(['conflict']);
    }
    expect(boots()).toBe(before);
  });

  it('keeps all of a commit or nothing', () => {
    const sourceKey = source();
    const impossible = voteRecord({ sourceKey, seq: 2, rating: 7 as 0 });
    expect(() => store.commit([voteRecord({ sourceKey, seq: 1, boot: 'boot-9' }), impossible], [])).toThrow();
    expect(exported()).toEqual([]);
    expect(store.commit([voteRecord({ sourceKey, seq: 1, boot: 'boot-9' })], [])).toEqual(['stored']);
    expect(exported()).toHaveLength(1);
  });

  it('remembers what terminals said', () => {
    const sourceKey = source();
    const totals = { satisfied: 4, basically: 1, unsatisfied: 0 };
    const known = { seq: 5, at: BASE };
    store.saveAnnouncements([{ sourceKey, totals, announced: 5, known, floorAt: BASE - 1 }]);
    reopen();
    expect(store.sources()[0]).toMatchObject({ totals, announced: 5, known, floorAt: BASE - 1 });
  });

  it('notices what another process changes, and nothing else', async () => {
    const before = store.foreignVersion();
    store.commit([voteRecord({ sourceKey: source(), seq: 1 })], []);
    expect(store.foreignVersion()).toBe(before);
    const other = home.open();
    await plant(other, { windows: [{ id: 'w3', unitId: 'town', name: '3号窗口' }] });
    other.close();
    expect(store.foreignVersion()).not.toBe(before);
    expect(await store.org.windows()).toHaveLength(3);
  });
});
