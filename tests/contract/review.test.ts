/** What people decide about votes, in every database. After each test everything kept beside the votes is what they say. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Batch, QuarantineRecord, VoteRecord } from '../../gateway/store/ledger.ts';
import type { HeldRecord, ReleasedVote, ReviewTx } from '../../gateway/store/review.ts';
import { decide } from '../support/decide.ts';
import { batchOf } from '../support/ledger-home.ts';
import { compareExcluded, compareRollups } from '../support/ledger-recount.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { exported, voteRecord } from '../support/store.ts';
import { addSmallTown } from '../support/tree.ts';

const EPOCH = 'ab'.repeat(16);
const QUARTER = 15 * 60_000;
const BASE = 1_795_000_000_000 - (1_795_000_000_000 % QUARTER);
const AT = BASE + 77;

describe.each(portHomes())('decisions about votes in %s', (_name, createHome) => {
  let home: PortsHome;
  let ports: OpenPorts;
  let source = 0;
  beforeEach(async () => {
    home = await createHome();
    ports = await home.open();
    await addSmallTown(ports);
    source = await journal(1);
  });
  afterEach(async () => {
    const [rollups, excluded] = [await compareRollups(home), await compareExcluded(home)];
    await ports.close();
    await home.dispose();
    expect(rollups.kept, 'rollups').toEqual(rollups.counted);
    expect(excluded.kept, 'excluded').toEqual(excluded.counted);
  });

  const journal = async (terminalKey: number, epoch = EPOCH) =>
    (await ports.ledger.openJournal(terminalKey, epoch)).key;
  const commit = (batch: Partial<Batch>) => ports.ledger.commit(batchOf(batch));
  const votes = (...seqs: number[]) =>
    seqs.map((seq) => voteRecord({ sourceKey: source, seq, at: BASE + seq }));
  const aside = (seq: number, change: Partial<QuarantineRecord> = {}): QuarantineRecord => ({
    ...{ receivedAt: BASE + seq, reason: 'too-fast', terminalKey: 1, topic: 't', payload: `${seq}` },
    ...{ sourceKey: source, seq },
    ...change,
  });
  const read = ({ seq, payload }: HeldRecord): ReleasedVote | null =>
    payload === 'unfit'
      ? null
      : {
          ...{ rating: (seq % 3) as 0 | 1 | 2, at: BASE + seq * 60_000, clock: 1, mono: seq },
          ...{ claimedAt: seq % 2 === 0 ? 5 : null, boot: `boot-${seq % 4}` },
          windowKey: payload === 'stood at 2' ? 2 : null,
        };
  const act = <T>(of: (tx: ReviewTx) => Promise<T>) => decide(ports.review, of);
  const release = (filter = {}) => act((tx) => tx.release(filter, AT, read));
  const exclude = (id: string, from: number, to: number, terminalId = 't-1') =>
    act((tx) => tx.exclude({ id, terminalId, from, to, reason: '试机', madeAt: AT, madeBy: 'cli:test' }));
  const decisions = async () =>
    (await home.rows<{ decisions: number }>('SELECT decisions FROM reviewed'))[0]?.decisions;
  const rows = async () =>
    (await exported(ports)).map(({ seq, windowId, at, excluded }) => [seq, windowId, at - BASE, excluded]);
  const heldSeqs = async (filter: Parameters<typeof ports.review.held>[0] = {}, limit = 99) =>
    (await ports.review.held(filter, limit)).map(({ terminalId, seq }) => `${terminalId} ${seq}`);

  describe('what is held', () => {
    it('is told of by terminal and reason, the most first, and read newest first', async () => {
      const other = await journal(2);
      await commit({
        quarantine: [
          ...[aside(1), aside(2), aside(3, { reason: 'rating-unknown' })],
          ...[aside(4, { sourceKey: other }), { ...aside(9), sourceKey: null, seq: null }],
        ],
      });
      const told = { reason: 'too-fast', count: 1, firstAt: BASE + 4, lastAt: BASE + 4 };
      expect(await ports.review.heldSummary()).toEqual([
        { ...told, terminalId: 't-1', count: 2, firstAt: BASE + 1, lastAt: BASE + 2 },
        { ...told, terminalId: 't-1', reason: 'rating-unknown', firstAt: BASE + 3, lastAt: BASE + 3 },
        { ...told, terminalId: 't-2' },
      ]);
      expect((await heldSeqs()).sort()).toEqual(['t-1 1', 't-1 2', 't-1 3', 't-2 4']);
      expect((await heldSeqs({}, 2)).length).toBe(2);
      expect(await heldSeqs({ terminalId: 't-2' })).toEqual(['t-2 4']);
      expect(await heldSeqs({ reason: 'rating-unknown' })).toEqual(['t-1 3']);
      expect(await heldSeqs({ from: BASE + 2, to: BASE + 3 })).toEqual(['t-1 2']);
      const [{ key: _, ...record } = { key: 0 }] = await ports.review.held({ terminalId: 't-2' }, 9);
      expect(record).toEqual({
        ...{ receivedAt: BASE + 4, reason: 'too-fast', terminalId: 't-2', epoch: EPOCH, seq: 4 },
        ...{ payload: '4', decision: null },
      });
    });

    it('is no longer when it was sent well after all', async () => {
      await commit({ quarantine: [aside(1), aside(2)] });
      await commit({ votes: votes(1) });
      expect(await heldSeqs()).toEqual(['t-1 2']);
      expect(await release()).toEqual({ released: 1, taken: 0, unfit: 0 });
    });

    it('becomes votes where the terminal stands or stood, with what it claimed, once', async () => {
      await commit({ votes: votes(4), quarantine: [1, 2, 3].map((seq) => aside(seq)) });
      await commit({ quarantine: [aside(5, { payload: 'stood at 2' }), aside(6, { payload: 'unfit' })] });
      expect(await release({ reason: 'nothing' })).toEqual({ released: 0, taken: 0, unfit: 0 });
      expect(await release()).toEqual({ released: 4, taken: 0, unfit: 1 });
      expect(await release()).toEqual({ released: 0, taken: 0, unfit: 1 });
      expect(await rows()).toEqual([
        [4, 'w1', 4, 0],
        [1, 'w1', 60_000, 0],
        [2, 'w1', 120_000, 0],
        [3, 'w1', 180_000, 0],
        [5, 'w2', 300_000, 0],
      ]);
      const [, , second] = await exported(ports);
      expect(second).toMatchObject({ rating: 2, clock: 1, claimedAt: 5, receivedAt: BASE + 2 });
      expect(await heldSeqs()).toEqual(['t-1 6']);
      expect((await heldSeqs({ decision: 'released' })).sort()).toEqual(['t-1 1', 't-1 2', 't-1 3', 't-1 5']);
      expect(await decisions()).toBe(3);
    });

    it('leaves a number alone that is taken, also by another record just now', async () => {
      await commit({ votes: votes(1) });
      await commit({ votes: [{ ...(votes(1)[0] as VoteRecord), rating: 2 }] });
      await commit({ quarantine: [aside(2)] });
      await home.rows(`INSERT INTO quarantine (received_at, reason, topic, source_key, seq, payload, claims)
        VALUES (${BASE}, 'too-fast', 't', ${source}, 2, 'stood at 2', 0)`);
      expect(await release()).toEqual({ released: 1, taken: 2, unfit: 0 });
      // The newest of those under one number.
      expect((await rows()).map(([seq, window]) => [seq, window])).toEqual([
        [1, 'w1'],
        [2, 'w2'],
      ]);
    });

    it('becomes votes in any number, of many journals', async () => {
      const sources = await Promise.all(
        Array.from({ length: 7 }, (_, index) => journal(2, `${index}`.padStart(32, '0'))),
      );
      const records = Array.from({ length: 1_001 }, (_, index) =>
        aside(1 + Math.floor(index / 7), { sourceKey: sources[index % 7] as number }),
      );
      await commit({ quarantine: records, votes: votes(1) });
      await exclude('e-1', BASE, BASE + 40 * 60_000, 't-2');
      expect(await release()).toEqual({ released: 1_001, taken: 0, unfit: 0 });
      expect((await exported(ports)).filter(({ excluded }) => excluded === 1)).toHaveLength(7 * 39);
    });

    it('is dismissed and taken back, as far as it is meant, and counts for nothing', async () => {
      await commit({ quarantine: [aside(1), aside(2), aside(3, { reason: 'rating-unknown' })] });
      expect(await act((tx) => tx.dismiss({ reason: 'too-fast' }, AT))).toBe(2);
      expect(await act((tx) => tx.dismiss({ reason: 'too-fast' }, AT))).toBe(0);
      expect(await heldSeqs()).toEqual(['t-1 3']);
      expect((await heldSeqs({ decision: 'dismissed' })).sort()).toEqual(['t-1 1', 't-1 2']);
      expect(await act((tx) => tx.reconsider({ to: BASE + 2 }))).toBe(1);
      expect((await heldSeqs()).sort()).toEqual(['t-1 1', 't-1 3']);
      expect(await release({ reason: 'too-fast' })).toMatchObject({ released: 1 });
    });
  });

  describe('what is excluded', () => {
    it('is what lies in any span that has not ended, of one terminal', async () => {
      const other = await journal(2);
      await commit({
        votes: [...votes(1, 2, 3, 4), voteRecord({ sourceKey: other, seq: 1, at: BASE + 2, windowKey: 2 })],
      });
      expect(await exclude('e-1', BASE + 1, BASE + 3)).toBe(2);
      expect(await exclude('e-2', BASE + 2, BASE + QUARTER * 9)).toBe(3);
      expect(await exclude('e-3', BASE, BASE + 9, 't-2')).toBe(1);
      const kept = async () =>
        (await rows()).filter(([, , , excluded]) => excluded === 1).map(([seq]) => seq);
      expect((await kept()).sort()).toEqual([1, 1, 2, 3, 4]);
      const ended = await act((tx) => tx.endExclusion('e-2', AT));
      const span = { terminalKey: 1, terminalId: 't-1', from: BASE + 2, to: BASE + QUARTER * 9 };
      expect(ended).toEqual({
        id: 'e-2',
        ...span,
        reason: '试机',
        madeAt: AT,
        madeBy: 'cli:test',
        endedAt: AT,
      });
      expect((await kept()).sort()).toEqual([1, 1, 2]);
      expect((await ports.review.exclusions()).map(({ id, endedAt }) => [id, endedAt])).toEqual([
        ['e-1', null],
        ['e-2', AT],
        ['e-3', null],
      ]);
      // As it is known where it comes in.
      await commit({
        votes: [{ ...voteRecord({ sourceKey: source, seq: 9, at: BASE + 1 }), excluded: true }],
      });
      expect((await kept()).sort()).toEqual([1, 1, 2, 9]);
    });

    it('is nothing of a terminal that there is not, and ends once', async () => {
      await expect(exclude('e-1', 0, 1, 't-9')).rejects.toMatchObject({ code: 'terminal-unknown' });
      expect(await exclude('e-1', 0, 1, 't-2')).toBe(0);
      await expect(exclude('e-1', 0, 1)).rejects.toMatchObject({ code: 'storage-failed' });
      const end = (id: string) => act((tx) => tx.endExclusion(id, AT));
      await expect(end('e-9')).rejects.toMatchObject({ code: 'exclusion-unknown' });
      await end('e-1');
      await expect(end('e-1')).rejects.toMatchObject({ code: 'exclusion-ended' });
      expect(await decisions()).toBe(2);
    });
  });

  describe('votes set to another time', () => {
    const redate = (span: { from: number; to: number }, how: number | 'claimed', terminalId = 't-1') =>
      act((tx) => tx.redate(terminalId, span, how));
    const all = { from: 0, to: 9e12 };

    it('go with their rollups and out of what is excluded, and keep what their terminal first said', async () => {
      await commit({ votes: votes(1, 2, 3) });
      await exclude('e-1', BASE, BASE + QUARTER);
      expect(await redate({ from: BASE + 2, to: BASE + 9 }, 3 * QUARTER)).toBe(2);
      expect((await rows()).map(([, , at, excluded]) => [at, excluded])).toEqual([
        [1, 1],
        [3 * QUARTER + 2, 0],
        [3 * QUARTER + 3, 0],
      ]);
      expect(await redate(all, -QUARTER)).toBe(3);
      expect((await exported(ports)).map(({ claimedAt }) => claimedAt)).toEqual([
        BASE + 1,
        BASE + 2,
        BASE + 3,
      ]);
      expect(await redate({ from: BASE + QUARTER, to: 9e12 }, 'claimed')).toBe(2);
      expect(await redate(all, 'claimed')).toBe(1);
      expect(await redate(all, 'claimed')).toBe(0);
      expect((await rows()).map(([, , at, excluded]) => [at, excluded])).toEqual([
        [1, 1],
        [2, 1],
        [3, 1],
      ]);
    });

    it('are never before all time, nor those of a terminal that there is not', async () => {
      await commit({ votes: votes(1) });
      expect(await redate(all, -9e12)).toBe(1);
      expect((await exported(ports)).map(({ at }) => at)).toEqual([0]);
      expect(await redate(all, 5, 't-2')).toBe(0);
      await expect(redate(all, 5, 't-9')).rejects.toMatchObject({ code: 'terminal-unknown' });
    });
  });

  describe('journals', () => {
    const figures = async () => (await ports.review.journals('t-1'))[0];
    const nothing = {
      ...{ terminalId: 't-1', epoch: EPOCH, announced: 0, quarantined: 0, held: 0, lost: 0, writtenOff: 0 },
      ...{ knownAt: null, closedAt: null },
    };

    it('say what is stored, held and lost of each', async () => {
      await commit({
        votes: [...votes(1, 2, 7), voteRecord({ sourceKey: source, seq: 8, rating: 2 })],
        quarantine: [aside(3), aside(4)],
        lost: [{ sourceKey: source, range: [5, 7], at: AT }],
      });
      await commit({ votes: votes(3), quarantine: [aside(6)] });
      const totals = { satisfied: 9, basically: 0, unsatisfied: 1 };
      const known = { seq: 12, at: AT };
      await ports.journals.saveAnnouncements([
        { sourceKey: source, totals, announced: 12, known, floorAt: null },
      ]);
      const kept = { stored: { satisfied: 4, basically: 0, unsatisfied: 1 }, lastSeq: 8, knownAt: AT };
      const expected = { ...nothing, ...kept, announced: 12, quarantined: 2, held: 2, lost: 1 };
      await commit({ votes: [voteRecord({ sourceKey: await journal(1, 'cd'.repeat(16)), seq: 1 })] });
      expect((await ports.review.journals('t-1'))[0]).toEqual(expected);
      expect((await ports.review.journals('t-1')).map(({ epoch, lost }) => [epoch, lost])).toEqual([
        [EPOCH, 1],
        ['cd'.repeat(16), 0],
      ]);
      expect(await ports.review.journals('t-2')).toEqual([]);
      expect((await ports.journals.journals())[0]).toMatchObject({ quarantined: 2, held: 2, hasLost: true });
    });

    it('are written off with what is lost and what is on its way, and that is taken back', async () => {
      const writeOff = () => act((tx) => tx.writeOff('t-1', EPOCH, AT));
      await commit({
        votes: votes(1, 2, 9),
        quarantine: [aside(3)],
        lost: [{ sourceKey: source, range: [5, 6], at: AT }],
      });
      const totals = { satisfied: 8, basically: 2, unsatisfied: 1 };
      const known = { seq: 0, at: null };
      await ports.journals.saveAnnouncements([
        { sourceKey: source, totals, announced: 10, known, floorAt: null },
      ]);
      expect(await writeOff()).toEqual({ lost: 2, onItsWay: 5 });
      expect(await writeOff()).toEqual({ lost: 0, onItsWay: 0 });
      expect(await figures()).toMatchObject({ lost: 7, writtenOff: 7 });
      await commit({ votes: votes(5, 8) });
      expect(await figures()).toMatchObject({ lost: 5, writtenOff: 5 });
      expect(await ports.ledger.knownNumbers(source, [6, 7])).toMatchObject([
        { isWrittenOff: true },
        { isWrittenOff: true },
      ]);
      expect(await act((tx) => tx.undoWriteOff('t-1', EPOCH))).toBe(5);
      expect(await figures()).toMatchObject({ lost: 1, writtenOff: 0 });
    });

    it('are closed and opened again', async () => {
      await commit({ votes: votes(1) });
      await act((tx) => tx.closeJournal('t-1', EPOCH, AT));
      expect(await figures()).toMatchObject({ closedAt: AT });
      await act((tx) => tx.closeJournal('t-1', EPOCH, null));
      expect(await figures()).toMatchObject({ closedAt: null });
      expect(await decisions()).toBe(2);
    });

    it('are not of a terminal, or an epoch, that there is not', async () => {
      const calls: ((tx: ReviewTx, terminal: string) => Promise<unknown>)[] = [
        (tx, terminal) => tx.closeJournal(terminal, 'ee', AT),
        (tx, terminal) => tx.writeOff(terminal, 'ee', AT),
        (tx, terminal) => tx.undoWriteOff(terminal, 'ee'),
      ];
      for (const call of calls) {
        await expect(act((tx) => call(tx, 't-1'))).rejects.toMatchObject({ code: 'journal-unknown' });
        await expect(act((tx) => call(tx, 't-9'))).rejects.toMatchObject({ code: 'terminal-unknown' });
      }
      await expect(ports.review.journals('t-9')).rejects.toMatchObject({ code: 'terminal-unknown' });
      expect(await decisions()).toBe(0);
    });
  });

  it('are made whole, with the line of the audit, or not at all', async () => {
    await commit({ votes: votes(1), quarantine: [aside(2), aside(3)] });
    const breaking = ports.review.change(async (tx) => {
      await tx.release({}, AT, read);
      await tx.exclude({
        id: 'e',
        terminalId: 't-1',
        from: 0,
        to: 9e12,
        reason: 'r',
        madeAt: AT,
        madeBy: 'm',
      });
      await tx.redate('t-1', { from: 0, to: 9e12 }, QUARTER);
      throw new Error('on second thoughts');
    });
    await expect(breaking).rejects.toThrow('on second thoughts');
    const hushed = ports.review.change(async (tx) => {
      await tx.dismiss({}, AT);
      return tx.unchanged(undefined);
    });
    await expect(hushed).rejects.toThrow('must say so in the audit');
    expect(await rows()).toEqual([[1, 'w1', 1, 0]]);
    expect((await heldSeqs()).sort()).toEqual(['t-1 2', 't-1 3']);
    expect([await ports.review.exclusions(), await decisions()]).toEqual([[], 0]);
  });
});
