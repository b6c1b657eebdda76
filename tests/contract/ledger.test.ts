/** What every adapter of the ledger must do. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Batch, QuarantineRecord, VoteRecord } from '../../gateway/store/ledger.ts';
import {
  batchOf,
  createPostgresHome,
  createSqliteHome,
  type LedgerHome,
  type OpenLedger,
  outcomesOf,
} from '../support/ledger-home.ts';
import { compareDiscounted, compareRollups } from '../support/ledger-recount.ts';
import { type Cluster, POSTGRES, startCluster } from '../support/postgres.ts';
import { have } from '../support/prerequisites.ts';
import { voteRecord } from '../support/store.ts';

const EPOCH = 'ab'.repeat(16);
const QUARTER = 15 * 60_000;
const BASE = 1_795_000_000_000 - (1_795_000_000_000 % QUARTER);
const ASIDE = {
  ...{ receivedAt: BASE, reason: 'rating-unknown', terminalKey: 1, topic: 't', payload: '{}' },
};

const hasPostgres = have(POSTGRES);
let cluster: Cluster | null = null;
beforeAll(async () => {
  if (hasPostgres) cluster = await startCluster();
}, 60_000);
afterAll(() => cluster?.dispose());

const KINDS = [
  ['SQLite', createSqliteHome],
  ...(hasPostgres ? [['PostgreSQL', () => createPostgresHome(cluster as Cluster)] as const] : []),
] as const;

describe.each(KINDS)('the ledger in %s', (_name, createHome) => {
  let home: LedgerHome;
  let ledger: OpenLedger;
  beforeEach(async () => {
    home = await createHome();
    ledger = await home.open();
  });
  afterEach(async () => {
    await ledger.close();
    await home.dispose();
  });

  const reopen = async () => {
    await ledger.close();
    ledger = await home.open();
  };
  const source = async () => (await ledger.openJournal(1, EPOCH)).key;
  const commit = (batch: Partial<Batch>) => ledger.commit(batchOf(batch));
  const all = async <T>(of: AsyncIterable<T>): Promise<T[]> => {
    const found: T[] = [];
    for await (const one of of) found.push(one);
    return found;
  };
  const aside = (journalKey: number, seq: number, change: Partial<QuarantineRecord> = {}) => ({
    ...{ ...ASIDE, journalKey, seq },
    ...change,
  });

  it('stores a vote once, however often it comes, and says which it was', async () => {
    const journalKey = await source();
    const votes = [voteRecord({ journalKey, seq: 1 }), voteRecord({ journalKey, seq: 2, rating: 2 })];
    expect(await outcomesOf(commit({ votes }))).toEqual(['stored', 'stored']);
    await reopen();
    expect(await source()).toBe(journalKey);
    const again = [
      ...votes,
      voteRecord({ journalKey, seq: 3 }),
      voteRecord({ journalKey, seq: 2, rating: 1 }),
    ];
    expect(await outcomesOf(commit({ votes: again }))).toEqual([
      'duplicate',
      'duplicate',
      'stored',
      'conflict',
    ]);
    expect(await ledger.countStored(journalKey)).toEqual({ satisfied: 2, basically: 0, unsatisfied: 1 });
  });

  it('stores once what somebody else has stored meanwhile, and says which that was', async () => {
    const journalKey = await source();
    const votes = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, place) => voteRecord({ journalKey, seq: from + place }));
    await commit({ votes: votes(1, 40) });
    const other = await home.open();
    expect((await other.openJournal(1, EPOCH)).key).toBe(journalKey);
    await other.commit(batchOf({ votes: votes(50, 70) }));
    await other.close();
    const asked: number[] = [];
    const { outcomes } = await commit({
      votes: [...votes(30, 59), voteRecord({ journalKey, seq: 60, mono: 7 }), ...votes(61, 100)],
      keepsConflict: ({ seq }) => asked.push(seq) > 0,
    });
    const expected = Array.from({ length: 71 }, (_, place) => {
      const seq = 30 + place;
      if (seq === 60) return 'conflict';
      return seq <= 40 || (seq >= 50 && seq <= 70) ? 'duplicate' : 'stored';
    });
    expect(outcomes).toEqual(expected);
    expect(asked).toEqual([60]);
    expect(await outcomesOf(commit({ votes: votes(90, 130) }))).toEqual([
      ...Array(11).fill('duplicate'),
      ...Array(30).fill('stored'),
    ]);
    expect(await ledger.accountedRanges(journalKey)).toEqual([[1, 130]]);
    const { kept, counted } = await compareRollups(home);
    expect(kept).toEqual(counted);
  });

  it('takes commits that are given at once in their order', async () => {
    const journalKey = await source();
    const vote = (rating: 0 | 1) => ({ votes: [voteRecord({ journalKey, seq: 1, rating })] });
    expect(await Promise.all([vote(0), vote(1), vote(0)].map((batch) => outcomesOf(commit(batch))))).toEqual([
      ['stored'],
      ['conflict'],
      ['duplicate'],
    ]);
  });

  it('keeps all of a commit or nothing, and goes on', async () => {
    const journalKey = await source();
    const good = voteRecord({ journalKey, seq: 1, boot: 'boot-9' });
    const impossible = { journalKey, range: [5, 6] as [number, number], at: null as never };
    const refused = commit({ votes: [good], quarantine: [aside(journalKey, 3)], lost: [impossible] });
    await expect(refused).rejects.toMatchObject({ name: 'StoreFailure', code: 'storage-failed' });
    expect(await ledger.accountedRanges(journalKey)).toEqual([]);
    expect(await outcomesOf(commit({ votes: [good] }))).toEqual(['stored']);
    expect(await all(ledger.rollups(0))).toMatchObject([{ counts: [1, 0, 0] }]);
  });

  it('gives a journal one key, to all that ask at once and after a restart', async () => {
    const keys = await Promise.all([source(), source(), source()]);
    expect(new Set(keys).size).toBe(1);
    const others = [await ledger.openJournal(1, 'cd'.repeat(16)), await ledger.openJournal(2, EPOCH)];
    expect(new Set([keys[0], ...others.map(({ key }) => key)]).size).toBe(3);
    await commit({ votes: [voteRecord({ journalKey: keys[0] as number, seq: 1 })] });
    await reopen();
    expect(await ledger.openJournal(1, EPOCH)).toMatchObject({ key: keys[0], terminalKey: 1, epoch: EPOCH });
  });

  it('knows what a number is accounted for as', async () => {
    const journalKey = await source();
    const nothing = { isStored: false, setAsideReason: null, isUndecided: false, isWrittenOff: false };
    await commit({
      votes: [voteRecord({ journalKey, seq: 1 })],
      quarantine: [aside(journalKey, 2), aside(journalKey, 3, { receivedAt: BASE + 1 })],
      lost: [{ journalKey, range: [5, 6], at: BASE }],
    });
    await home.rows(`UPDATE quarantine SET decision = 'dismissed', decided_at = ${BASE} WHERE seq = 3`);
    await home.rows(`UPDATE lost SET written_off_at = ${BASE}`);
    await commit({ lost: [{ journalKey, range: [8, 9], at: BASE }] });
    expect(await ledger.knownNumbers(journalKey, [9, 1, 2, 3, 6, 7])).toEqual([
      nothing,
      { ...nothing, isStored: true },
      { ...nothing, setAsideReason: 'rating-unknown', isUndecided: true },
      { ...nothing, setAsideReason: 'rating-unknown' },
      { ...nothing, isWrittenOff: true },
      nothing,
    ]);
    // Sent well after all: what it was is still known.
    await commit({ votes: [voteRecord({ journalKey, seq: 2 }), voteRecord({ journalKey, seq: 6 })] });
    expect(await ledger.knownNumbers(journalKey, [2, 6])).toMatchObject([
      { isStored: true, setAsideReason: 'rating-unknown' },
      { isStored: true, isWrittenOff: true },
    ]);
    expect(await ledger.knownNumbers(journalKey + 1, [1])).toEqual([nothing]);
  });

  it('accounts for every number: stored, set aside under it, or lost', async () => {
    const journalKey = await source();
    await commit({
      votes: [1, 2, 6].map((seq) => voteRecord({ journalKey, seq })),
      quarantine: [aside(journalKey, 3), { ...ASIDE, journalKey: null, seq: null, reason: 'json-invalid' }],
    });
    await commit({ lost: [{ journalKey, range: [8, 9], at: BASE }] });
    await reopen();
    expect(await ledger.accountedRanges(journalKey)).toEqual([
      [1, 3],
      [6, 6],
      [8, 9],
    ]);
  });

  it('keeps the other body of a vote in conflict, as far as it is told to', async () => {
    const journalKey = await source();
    await commit({ votes: [voteRecord({ journalKey, seq: 1 }), voteRecord({ journalKey, seq: 2 })] });
    const others = [
      voteRecord({ journalKey, seq: 1, mono: 77 }),
      voteRecord({ journalKey, seq: 2, mono: 78 }),
    ];
    expect(await outcomesOf(commit({ votes: others, keepsConflict: ({ seq }) => seq === 2 }))).toEqual([
      'conflict',
      'conflict',
    ]);
    expect(await home.rows('SELECT seq, claims, reason, topic, payload FROM quarantine')).toEqual([
      { seq: 2, claims: 0, reason: 'identity-conflict', topic: '', payload: JSON.stringify(others[1]) },
    ]);
  });

  it('keeps no more than a few other bodies of one vote that wait for a person', async () => {
    const journalKey = await source();
    const other = (mono: number) => voteRecord({ journalKey, seq: 1, mono });
    await commit({ votes: [other(1), other(2), other(3)] });
    await commit({ votes: [4, 5, 6, 7, 8].map(other) });
    const waiting = () => home.rows<{ key: number }>('SELECT key FROM quarantine WHERE decision IS NULL');
    expect(await waiting()).toHaveLength(4);
    await home.rows(`UPDATE quarantine SET decision = 'dismissed', decided_at = 1`);
    await commit({ votes: [other(9)] });
    expect(await waiting()).toHaveLength(1);
  });

  it('gives rollups from a moment on, over days without any, while votes come in', async () => {
    const journalKey = await source();
    const day = 96 * QUARTER;
    const times = [BASE - day, BASE, BASE + 1, BASE + 40 * day];
    await commit({ votes: times.map((at, index) => voteRecord({ journalKey, seq: index + 1, at })) });
    const seen: number[] = [];
    for await (const { quarterStart, counts } of ledger.rollups(BASE)) {
      seen.push(quarterStart, counts[0]);
      await commit({ votes: [voteRecord({ journalKey, seq: 10 + seen.length, at: BASE - 9 * day })] });
    }
    expect(seen).toEqual([BASE, 2, BASE + 40 * day, 1]);
    expect(await all(ledger.rollups(BASE + 41 * day))).toEqual([]);
  });

  it('says of each copy in one batch what it was', async () => {
    const [first, second] = [await source(), (await ledger.openJournal(2, EPOCH)).key];
    await commit({ votes: [voteRecord({ journalKey: second, seq: 1, rating: 1 })] });
    const votes = [
      voteRecord({ journalKey: first, seq: 2 }),
      voteRecord({ journalKey: second, seq: 1 }),
      voteRecord({ journalKey: first, seq: 1 }),
      voteRecord({ journalKey: first, seq: 2, at: BASE + 9 }),
      voteRecord({ journalKey: first, seq: 2, rating: 2 }),
      voteRecord({ journalKey: second, seq: 1, rating: 1 }),
    ];
    expect(await outcomesOf(commit({ votes }))).toEqual([
      'stored',
      'conflict',
      'stored',
      'duplicate',
      'conflict',
      'duplicate',
    ]);
    const { kept, counted } = await compareRollups(home);
    expect(kept).toEqual(counted);
  });

  it('keeps nothing of what a repeat says of its boot', async () => {
    const journalKey = await source();
    await commit({ votes: [voteRecord({ journalKey, seq: 1 })] });
    for (let copy = 0; copy < 3; copy++) {
      const votes = [voteRecord({ journalKey, seq: 1, boot: `forged-${copy}` })];
      expect(await outcomesOf(commit({ votes, keepsConflict: () => false }))).toEqual(['conflict']);
    }
    expect(await home.rows('SELECT boot FROM boots')).toEqual([{ boot: 'boot-1' }]);
  });

  it('keeps the verdict of a vote, and what rules discount by it, through corrections and repeats', async () => {
    const journalKey = await source();
    const vote = (seq: number, more: Partial<VoteRecord> = {}) => voteRecord({ journalKey, seq, ...more });
    const discounted = () =>
      home.rows(
        `SELECT quarter, verdict, satisfied, basically, unsatisfied FROM discounted ORDER BY quarter, verdict`,
      );
    const quarter = Math.floor(BASE / QUARTER);
    const none = { satisfied: 0, basically: 0, unsatisfied: 0 };
    const votes = [
      vote(1, { at: BASE, rating: 2 }),
      vote(2, { at: BASE + 1, verdict: 1 }),
      vote(3, { at: BASE + 2, rating: 1, verdict: 1 }),
      vote(4, { at: BASE + QUARTER, verdict: 3 }),
    ];
    const first = await commit({ votes, corrections: [{ journalKey, seq: 1, verdict: 2 }] });
    expect(first.corrected).toEqual([{ windowKey: 1, rating: 2, at: BASE, from: 0, to: 2, excluded: false }]);
    expect(await discounted()).toEqual([
      { quarter, verdict: 1, ...none, satisfied: 1, basically: 1 },
      { quarter, verdict: 2, ...none, unsatisfied: 1 },
      { quarter: quarter + 1, verdict: 3, ...none, satisfied: 1 },
    ]);
    // What is sent again is what it was, whatever it would be judged as now.
    const again = await commit({ votes: votes.map((one) => ({ ...one, verdict: 4 as const })) });
    expect(again).toEqual({ outcomes: Array(4).fill('duplicate'), corrected: [] });
    const corrections = [
      { journalKey, seq: 1, verdict: 2 as const },
      { journalKey, seq: 2, verdict: 0 as const },
      { journalKey, seq: 3, verdict: 5 as const },
      { journalKey, seq: 9, verdict: 1 as const },
    ];
    const { corrected } = await commit({ corrections });
    expect(corrected.map(({ from, to }) => [from, to]).sort()).toEqual([
      [1, 0],
      [1, 5],
    ]);
    expect(await commit({ corrections })).toEqual({ outcomes: [], corrected: [] });
    expect(await discounted()).toEqual([
      { quarter, verdict: 2, ...none, unsatisfied: 1 },
      { quarter, verdict: 5, ...none, basically: 1 },
      { quarter: quarter + 1, verdict: 3, ...none, satisfied: 1 },
    ]);
    for (const { kept, counted } of [await compareRollups(home), await compareDiscounted(home)])
      expect(kept).toEqual(counted);
  });

  it('notes beside a vote what is said of it when it is stored, and not again', async () => {
    const journalKey = await source();
    const votes = [
      voteRecord({ journalKey, seq: 1, at: BASE, claimedAt: 7 }),
      voteRecord({ journalKey, seq: 2, at: BASE + 1, rating: 2 }),
      voteRecord({ journalKey, seq: 3, at: BASE + 1, claimedAt: 8 }),
      voteRecord({ journalKey, seq: 4, at: BASE + QUARTER }),
    ];
    for (const sql of [
      `INSERT INTO units (id, name) SELECT 'u', '' WHERE NOT EXISTS (SELECT 1 FROM terminals)`,
      `INSERT INTO windows (id, unit_key, name) SELECT 'w', key, '' FROM units WHERE id = 'u'`,
      `INSERT INTO terminals (id, window_key) SELECT 't', key FROM windows WHERE id = 'w'`,
    ])
      await home.rows(sql);
    await home.rows(`INSERT INTO exclusions (id, terminal_key, from_at, to_at, reason, made_at, made_by)
      VALUES ('x-1', 1, ${BASE + 1}, ${BASE + 2 * QUARTER}, '', 0, '')`);
    await commit({ votes: votes.slice(0, 2) });
    await commit({ votes: votes.map((vote) => ({ ...vote, claimedAt: 9 })).slice(0, 2) });
    await commit({ votes });
    expect(await home.rows('SELECT seq, claimed_at FROM datings ORDER BY seq')).toEqual([
      { seq: 1, claimed_at: 7 },
      { seq: 3, claimed_at: 8 },
    ]);
    const columns = 'quarter, window_key, source_key, satisfied, basically, unsatisfied';
    const row = { window_key: 1, source_key: journalKey, basically: 0 };
    expect(await home.rows(`SELECT ${columns} FROM excluded ORDER BY quarter`)).toEqual([
      { ...row, quarter: BASE / QUARTER, satisfied: 1, unsatisfied: 1 },
      { ...row, quarter: BASE / QUARTER + 1, satisfied: 1, unsatisfied: 0 },
    ]);
  });

  it('keeps the first that accounts for a number, unless it is to take its place', async () => {
    const journalKey = await source();
    const records = () =>
      home.rows('SELECT seq, payload, decision FROM quarantine WHERE claims = 1 ORDER BY seq');
    await commit({
      quarantine: [aside(journalKey, 2), aside(journalKey, 1), aside(journalKey, 1, { payload: 'b' })],
    });
    await home.rows(`UPDATE quarantine SET decision = 'dismissed', decided_at = 1`);
    const next = [
      aside(journalKey, 1, { payload: 'c' }),
      aside(journalKey, 2, { payload: 'd', replaces: true }),
    ];
    await commit({ quarantine: next });
    expect(await records()).toEqual([
      { seq: 1, payload: '{}', decision: 'dismissed' },
      { seq: 2, payload: 'd', decision: null },
    ]);
    await commit({
      quarantine: [aside(journalKey, 1), aside(journalKey, 1, { payload: 'e', replaces: true })],
    });
    expect(await records()).toMatchObject([{ payload: 'e', decision: null }, { payload: 'd' }]);
  });

  it('keeps the newest of what speaks of no number', async () => {
    const record = (payload: string): QuarantineRecord => ({
      ...ASIDE,
      journalKey: null,
      seq: null,
      payload,
    });
    for (let round = 0; round < 6; round++)
      await commit({
        quarantine: Array.from({ length: 4_000 }, (_, index) => record(String(round * 4_000 + index))),
      });
    const kept = await home.rows<{ payload: string }>('SELECT payload FROM quarantine ORDER BY key');
    expect(kept.length).toBeGreaterThanOrEqual(20_000);
    expect(kept.length).toBeLessThan(21_000);
    expect(kept.at(-1)?.payload).toBe('23999');
    expect(kept[0]?.payload).toBe(String(24_000 - kept.length));
  });

  it('lets what is lost grow, and forgets of what grew that it was written off', async () => {
    const journalKey = await source();
    const lost = (from: number, to: number, at = BASE) => ({
      lost: [{ journalKey, range: [from, to] as [number, number], at }],
    });
    await commit(lost(5, 9));
    await home.rows('UPDATE lost SET written_off_at = 1, on_its_way = 1');
    const rows = () => home.rows('SELECT from_seq, to_seq, noted_at, written_off_at, on_its_way FROM lost');
    const row = { from_seq: 5, noted_at: BASE };
    await commit(lost(5, 7, BASE + 1));
    expect(await rows()).toEqual([{ ...row, to_seq: 9, written_off_at: 1, on_its_way: 1 }]);
    await commit({ lost: [...lost(5, 10, BASE + 1).lost, ...lost(5, 12, BASE + 1).lost] });
    expect(await rows()).toEqual([{ ...row, to_seq: 12, written_off_at: null, on_its_way: 0 }]);
  });

  it('takes a very large batch, and words that no text should hold', async () => {
    const journals: number[] = [];
    for (let terminal = 1; terminal <= 8; terminal++)
      journals.push((await ledger.openJournal(terminal, EPOCH)).key);
    const votes = Array.from({ length: 4_096 }, (_, index): VoteRecord => {
      const journalKey = journals[index % journals.length] as number;
      const seq = 1 + Math.floor(index / journals.length);
      const boot = `boot-${index % 40}`;
      return voteRecord({ journalKey, seq, boot, at: BASE + index * 60_000, rating: (index % 3) as 0 });
    });
    const quarantine = [aside(journals[0] as number, 9_999, { payload: 'a\0b\ud800c', topic: 'x\0' })];
    expect(await outcomesOf(commit({ votes, quarantine }))).toEqual(votes.map(() => 'stored'));
    expect(await outcomesOf(commit({ votes: votes.toReversed(), quarantine }))).toEqual(
      votes.map(() => 'duplicate'),
    );
    expect(await home.rows('SELECT seq FROM quarantine')).toHaveLength(1);
    const { kept, counted } = await compareRollups(home);
    expect(kept).toEqual(counted);
  });

  it('says of a large batch what was there already, and stores the rest, whose boot is new', async () => {
    const journalKey = await source();
    const seqs = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
    await commit({ votes: seqs(90, 110).map((seq) => voteRecord({ journalKey, seq })) });
    const votes = seqs(1, 200).map((seq) =>
      voteRecord({
        ...{ journalKey, seq, rating: seq === 95 ? 2 : 0 },
        boot: seq < 90 || seq > 110 ? 'boot-2' : 'boot-1',
        ...(seq === 7 && { claimedAt: BASE }),
      }),
    );
    const wanted = seqs(1, 200).map((seq) =>
      seq === 95 ? 'conflict' : seq < 90 || seq > 110 ? 'stored' : 'duplicate',
    );
    expect(await outcomesOf(commit({ votes }))).toEqual(wanted);
    expect(await outcomesOf(commit({ votes }))).toEqual(
      wanted.map((outcome) => (outcome === 'conflict' ? outcome : 'duplicate')),
    );
    // Nothing is left of the attempt, and the next one is as good as any.
    const next = seqs(201, 400).map((seq) => voteRecord({ journalKey, seq, boot: 'boot-2' }));
    expect(await outcomesOf(commit({ votes: next }))).toEqual(next.map(() => 'stored'));
    expect(
      await home.rows(`SELECT count(*) AS votes FROM votes v JOIN boots b ON b.key = v.boot_key`),
    ).toEqual([{ votes: 400 }]);
    expect(await home.rows('SELECT seq, claimed_at FROM datings')).toEqual([{ seq: 7, claimed_at: BASE }]);
    const { kept, counted } = await compareRollups(home);
    expect(kept).toEqual(counted);
  });

  it('does nothing for a batch of nothing', async () => {
    expect(await outcomesOf(commit({}))).toEqual([]);
  });
});
