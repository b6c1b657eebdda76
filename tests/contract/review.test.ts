/** What people decide about votes, in every database. After each test everything kept beside the votes is what they say. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import type { HeldRecord, ReleasedVote } from '../../gateway/store/review.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, EPOCH, QUARTER, type ReviewRig } from '../support/review-rig.ts';
import { exported, voteRecord } from '../support/store.ts';

const AT = BASE + 77;

describe.each(portHomes())('decisions about votes in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
  });
  afterEach(() => rig.end());

  const read = ({ seq, payload }: HeldRecord): ReleasedVote | null =>
    payload === 'unfit'
      ? null
      : {
          ...{ rating: (seq % 3) as 0 | 1 | 2, at: BASE + seq * 60_000, clock: 1, mono: seq },
          ...{ claimedAt: seq % 2 === 0 ? 5 : null, boot: `boot-${seq % 4}` },
          ...{ channel: 0, windowKey: payload === 'stood at 2' ? 2 : null },
        };
  const release = (filter = {}) => rig.act((tx) => tx.release(filter, AT, read));
  const exclude = (id: string, from: number, to: number, terminalId = 't-1') =>
    rig.act((tx) => tx.exclude({ id, terminalId, from, to, reason: '试机', madeAt: AT, madeBy: 'cli:test' }));
  const rows = async () =>
    (await exported(rig.ports)).map(({ seq, windowId, at, excluded }) => [
      seq,
      windowId,
      at - BASE,
      excluded,
    ]);
  const heldSeqs = async (filter: Parameters<typeof rig.ports.review.held>[0] = {}, limit = 99) =>
    (await rig.ports.review.held(filter, limit)).map(({ terminalId, seq }) => `${terminalId} ${seq}`);

  describe('what is held', () => {
    it('is told of by terminal and reason, the most first, and read newest first', async () => {
      const other = await rig.journal(2);
      await rig.commit({
        quarantine: [
          ...[rig.aside(1), rig.aside(2), rig.aside(3, { reason: 'rating-unknown' })],
          ...[rig.aside(4, { journalKey: other }), { ...rig.aside(9), journalKey: null, seq: null }],
        ],
      });
      const told = { reason: 'too-fast', count: 1, firstAt: BASE + 4, lastAt: BASE + 4 };
      expect(await rig.ports.review.heldSummary()).toEqual([
        { ...told, terminalId: 't-1', count: 2, firstAt: BASE + 1, lastAt: BASE + 2 },
        { ...told, terminalId: 't-1', reason: 'rating-unknown', firstAt: BASE + 3, lastAt: BASE + 3 },
        { ...told, terminalId: 't-2' },
      ]);
      expect((await heldSeqs()).sort()).toEqual(['t-1 1', 't-1 2', 't-1 3', 't-2 4']);
      expect((await heldSeqs({}, 2)).length).toBe(2);
      expect(await heldSeqs({ terminalId: 't-2' })).toEqual(['t-2 4']);
      expect(await heldSeqs({ reason: 'rating-unknown' })).toEqual(['t-1 3']);
      expect(await heldSeqs({ from: BASE + 2, to: BASE + 3 })).toEqual(['t-1 2']);
      const [{ key: _, ...record } = { key: 0 }] = await rig.ports.review.held({ terminalId: 't-2' }, 9);
      expect(record).toEqual({
        ...{ receivedAt: BASE + 4, reason: 'too-fast', terminalId: 't-2', epoch: EPOCH, seq: 4 },
        ...{ payload: '4', decision: null },
      });
    });

    it('is no longer when it was sent well after all', async () => {
      await rig.commit({ quarantine: [rig.aside(1), rig.aside(2)] });
      await rig.commit({ votes: rig.votes(1) });
      expect(await heldSeqs()).toEqual(['t-1 2']);
      expect(await release()).toEqual({ released: 1, taken: 0, unfit: 0 });
    });

    it('becomes votes where the terminal stands or stood, with what it claimed, once', async () => {
      await rig.commit({ votes: rig.votes(4), quarantine: [1, 2, 3].map((seq) => rig.aside(seq)) });
      await rig.commit({
        quarantine: [rig.aside(5, { payload: 'stood at 2' }), rig.aside(6, { payload: 'unfit' })],
      });
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
      const [, , second] = await exported(rig.ports);
      expect(second).toMatchObject({ rating: 2, clock: 1, claimedAt: 5, receivedAt: BASE + 2 });
      expect(await heldSeqs()).toEqual(['t-1 6']);
      expect((await heldSeqs({ decision: 'released' })).sort()).toEqual(['t-1 1', 't-1 2', 't-1 3', 't-1 5']);
      expect(await rig.decisions()).toBe(3);
    });

    it('leaves a number alone that is taken, also by another record just now', async () => {
      await rig.commit({ votes: rig.votes(1) });
      await rig.commit({ votes: [{ ...(rig.votes(1)[0] as VoteRecord), rating: 2 }] });
      await rig.commit({ quarantine: [rig.aside(2)] });
      await home.rows(`INSERT INTO quarantine (received_at, reason, topic, source_key, seq, payload, claims)
        VALUES (${BASE}, 'too-fast', 't', ${rig.source}, 2, 'stood at 2', 0)`);
      expect(await release()).toEqual({ released: 1, taken: 2, unfit: 0 });
      // The newest of those under one number.
      expect((await rows()).map(([seq, window]) => [seq, window])).toEqual([
        [1, 'w1'],
        [2, 'w2'],
      ]);
    });

    it('becomes votes in any number, of many journals', async () => {
      const sources = await Promise.all(
        Array.from({ length: 7 }, (_, index) => rig.journal(2, `${index}`.padStart(32, '0'))),
      );
      const records = Array.from({ length: 1_001 }, (_, index) =>
        rig.aside(1 + Math.floor(index / 7), { journalKey: sources[index % 7] as number }),
      );
      await rig.commit({ quarantine: records, votes: rig.votes(1) });
      await exclude('e-1', BASE, BASE + 40 * 60_000, 't-2');
      expect(await release()).toEqual({ released: 1_001, taken: 0, unfit: 0 });
      expect((await exported(rig.ports)).filter(({ excluded }) => excluded === 1)).toHaveLength(7 * 39);
    });

    it('is dismissed and taken back, as far as it is meant, and counts for nothing', async () => {
      await rig.commit({
        quarantine: [rig.aside(1), rig.aside(2), rig.aside(3, { reason: 'rating-unknown' })],
      });
      expect(await rig.act((tx) => tx.dismiss({ reason: 'too-fast' }, AT))).toBe(2);
      expect(await rig.act((tx) => tx.dismiss({ reason: 'too-fast' }, AT))).toBe(0);
      expect(await heldSeqs()).toEqual(['t-1 3']);
      expect((await heldSeqs({ decision: 'dismissed' })).sort()).toEqual(['t-1 1', 't-1 2']);
      expect(await rig.act((tx) => tx.reconsider({ to: BASE + 2 }))).toBe(1);
      expect((await heldSeqs()).sort()).toEqual(['t-1 1', 't-1 3']);
      expect(await release({ reason: 'too-fast' })).toMatchObject({ released: 1 });
    });
  });

  describe('what is excluded', () => {
    it('is what lies in any span that has not ended, of one terminal', async () => {
      const other = await rig.journal(2);
      await rig.commit({
        votes: [
          ...rig.votes(1, 2, 3, 4),
          voteRecord({ journalKey: other, seq: 1, at: BASE + 2, windowKey: 2 }),
        ],
      });
      expect(await exclude('e-1', BASE + 1, BASE + 3)).toBe(2);
      expect(await exclude('e-2', BASE + 2, BASE + QUARTER * 9)).toBe(3);
      expect(await exclude('e-3', BASE, BASE + 9, 't-2')).toBe(1);
      const kept = async () =>
        (await rows()).filter(([, , , excluded]) => excluded === 1).map(([seq]) => seq);
      expect((await kept()).sort()).toEqual([1, 1, 2, 3, 4]);
      const ended = await rig.act((tx) => tx.endExclusion('e-2', AT));
      const span = { terminalKey: 1, terminalId: 't-1', from: BASE + 2, to: BASE + QUARTER * 9 };
      expect(ended).toEqual({
        id: 'e-2',
        ...span,
        ...{ originKey: null, windowKey: null, origin: null, originUnit: null, windowId: null },
        reason: '试机',
        madeAt: AT,
        madeBy: 'cli:test',
        endedAt: AT,
      });
      expect((await kept()).sort()).toEqual([1, 1, 2]);
      expect((await rig.ports.review.exclusions()).map(({ id, endedAt }) => [id, endedAt])).toEqual([
        ['e-1', null],
        ['e-2', AT],
        ['e-3', null],
      ]);
      // Also where it is not known yet.
      await rig.commit({ votes: [voteRecord({ journalKey: rig.source, seq: 9, at: BASE + 1 })] });
      expect((await kept()).sort()).toEqual([1, 1, 2, 9]);
    });

    it('is nothing of a terminal that there is not, and ends once', async () => {
      await expect(exclude('e-1', 0, 1, 't-9')).rejects.toMatchObject({ code: 'terminal-unknown' });
      expect(await exclude('e-1', 0, 1, 't-2')).toBe(0);
      await expect(exclude('e-1', 0, 1)).rejects.toMatchObject({ code: 'storage-failed' });
      const end = (id: string) => rig.act((tx) => tx.endExclusion(id, AT));
      await expect(end('e-9')).rejects.toMatchObject({ code: 'exclusion-unknown' });
      await end('e-1');
      await expect(end('e-1')).rejects.toMatchObject({ code: 'exclusion-ended' });
      expect(await rig.decisions()).toBe(2);
    });
  });

  describe('votes set to another time', () => {
    const redate = (span: { from: number; to: number }, how: number | 'claimed', terminalId = 't-1') =>
      rig.act((tx) => tx.redate(terminalId, span, how));
    const all = { from: 0, to: 9e12 };

    it('go with their rollups and out of what is excluded, and keep what their terminal first said', async () => {
      await rig.commit({ votes: rig.votes(1, 2, 3) });
      await exclude('e-1', BASE, BASE + QUARTER);
      expect(await redate({ from: BASE + 2, to: BASE + 9 }, 3 * QUARTER)).toBe(2);
      expect((await rows()).map(([, , at, excluded]) => [at, excluded])).toEqual([
        [1, 1],
        [3 * QUARTER + 2, 0],
        [3 * QUARTER + 3, 0],
      ]);
      expect(await redate(all, -QUARTER)).toBe(3);
      expect((await exported(rig.ports)).map(({ claimedAt }) => claimedAt)).toEqual([
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
      await rig.commit({ votes: rig.votes(1) });
      expect(await redate(all, -9e12)).toBe(1);
      expect((await exported(rig.ports)).map(({ at }) => at)).toEqual([0]);
      expect(await redate(all, 5, 't-2')).toBe(0);
      await expect(redate(all, 5, 't-9')).rejects.toMatchObject({ code: 'terminal-unknown' });
    });
  });

  it('are made whole, with the line of the audit, or not at all', async () => {
    await rig.commit({ votes: rig.votes(1), quarantine: [rig.aside(2), rig.aside(3)] });
    const breaking = rig.ports.review.change(async (tx) => {
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
    const hushed = rig.ports.review.change(async (tx) => {
      await tx.dismiss({}, AT);
      return tx.unchanged(undefined);
    });
    await expect(hushed).rejects.toThrow('must say so in the audit');
    expect(await rows()).toEqual([[1, 'w1', 1, 0]]);
    expect((await heldSeqs()).sort()).toEqual(['t-1 2', 't-1 3']);
    expect([await rig.ports.review.exclusions(), await rig.decisions()]).toEqual([[], 0]);
  });
});
