/** What people decide about journals, in every database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReviewTx } from '../../gateway/store/review.ts';
import { portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, EPOCH, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';

const AT = BASE + 77;

describe.each(portHomes())('journals in %s', (_name, createHome) => {
  let rig: ReviewRig;
  beforeEach(async () => {
    rig = await createReviewRig(await createHome());
  });
  afterEach(() => rig.end());

  const figures = async () => (await rig.ports.review.journals('t-1'))[0];
  const nothing = {
    ...{ terminalId: 't-1', epoch: EPOCH, announced: 0, quarantined: 0, held: 0, lost: 0, writtenOff: 0 },
    ...{ knownAt: null, closedAt: null },
  };

  it('say what is stored, held and lost of each', async () => {
    await rig.commit({
      votes: [...rig.votes(1, 2, 7), voteRecord({ journalKey: rig.source, seq: 8, rating: 2 })],
      quarantine: [rig.aside(3), rig.aside(4)],
      lost: [{ journalKey: rig.source, range: [5, 7], at: AT }],
    });
    await rig.commit({ votes: rig.votes(3), quarantine: [rig.aside(6)] });
    const totals = { satisfied: 9, basically: 0, unsatisfied: 1 };
    const known = { seq: 12, at: AT };
    await rig.ports.journals.saveAnnouncements([
      { journalKey: rig.source, totals, announced: 12, known, floorAt: null },
    ]);
    const kept = { stored: { satisfied: 4, basically: 0, unsatisfied: 1 }, lastSeq: 8, knownAt: AT };
    const expected = { ...nothing, ...kept, announced: 12, quarantined: 2, held: 2, lost: 1 };
    await rig.commit({ votes: [voteRecord({ journalKey: await rig.journal(1, 'cd'.repeat(16)), seq: 1 })] });
    expect((await rig.ports.review.journals('t-1'))[0]).toEqual(expected);
    expect((await rig.ports.review.journals('t-1')).map(({ epoch, lost }) => [epoch, lost])).toEqual([
      [EPOCH, 1],
      ['cd'.repeat(16), 0],
    ]);
    expect(await rig.ports.review.journals('t-2')).toEqual([]);
    expect((await rig.ports.journals.journals())[0]).toMatchObject({
      quarantined: 2,
      held: 2,
      hasLost: true,
    });
  });

  it('are written off with what is lost and what is on its way, and that is taken back', async () => {
    const writeOff = () => rig.act((tx) => tx.writeOff('t-1', EPOCH, AT));
    await rig.commit({
      votes: rig.votes(1, 2, 9),
      quarantine: [rig.aside(3)],
      lost: [{ journalKey: rig.source, range: [5, 6], at: AT }],
    });
    const totals = { satisfied: 8, basically: 2, unsatisfied: 1 };
    const known = { seq: 0, at: null };
    await rig.ports.journals.saveAnnouncements([
      { journalKey: rig.source, totals, announced: 10, known, floorAt: null },
    ]);
    expect(await writeOff()).toEqual({ lost: 2, onItsWay: 5 });
    expect(await writeOff()).toEqual({ lost: 0, onItsWay: 0 });
    expect(await figures()).toMatchObject({ lost: 7, writtenOff: 7 });
    await rig.commit({ votes: rig.votes(5, 8) });
    expect(await figures()).toMatchObject({ lost: 5, writtenOff: 5 });
    expect(await rig.ports.ledger.knownNumbers(rig.source, [6, 7])).toMatchObject([
      { isWrittenOff: true },
      { isWrittenOff: true },
    ]);
    expect(await rig.act((tx) => tx.undoWriteOff('t-1', EPOCH))).toBe(5);
    expect(await figures()).toMatchObject({ lost: 1, writtenOff: 0 });
  });

  it('are closed and opened again', async () => {
    await rig.commit({ votes: rig.votes(1) });
    await rig.act((tx) => tx.closeJournal('t-1', EPOCH, AT));
    expect(await figures()).toMatchObject({ closedAt: AT });
    await rig.act((tx) => tx.closeJournal('t-1', EPOCH, null));
    expect(await figures()).toMatchObject({ closedAt: null });
    expect(await rig.decisions()).toBe(2);
  });

  it('are not of a terminal, or an epoch, that there is not', async () => {
    const calls: ((tx: ReviewTx, terminal: string) => Promise<unknown>)[] = [
      (tx, terminal) => tx.closeJournal(terminal, 'ee', AT),
      (tx, terminal) => tx.writeOff(terminal, 'ee', AT),
      (tx, terminal) => tx.undoWriteOff(terminal, 'ee'),
    ];
    for (const call of calls) {
      await expect(rig.act((tx) => call(tx, 't-1'))).rejects.toMatchObject({ code: 'journal-unknown' });
      await expect(rig.act((tx) => call(tx, 't-9'))).rejects.toMatchObject({ code: 'terminal-unknown' });
    }
    await expect(rig.ports.review.journals('t-9')).rejects.toMatchObject({ code: 'terminal-unknown' });
    expect(await rig.decisions()).toBe(0);
  });
});
