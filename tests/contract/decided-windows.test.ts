/** After a decision of a person about votes, alerts look at the windows that it is about again, and at no others; in every database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAlertBook } from '../../gateway/alerts/alert-book.ts';
import { type AlertWatch, openAlertWatch } from '../../gateway/alerts/alert-watch.ts';
import { followDecidedWindows } from '../../gateway/alerts/decided-windows.ts';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../gateway/domain/completeness.ts';
import { createRegistry } from '../../gateway/org/registry.ts';
import { createReview, type Review } from '../../gateway/review/review.ts';
import { createReviews, type Reviews } from '../../gateway/review/reviews.ts';
import type { By } from '../../gateway/store/changes.ts';
import { decide } from '../support/decide.ts';
import { batchOf } from '../support/ledger-home.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { voteRecord } from '../support/store.ts';
import { addSmallTown } from '../support/tree.ts';

const NOW = 1_795_000_000_000;
const MINUTE = 60_000;
const WINDOWS = 80;
const EPOCH = 'ab'.repeat(16);
const by = (user: string): By => ({ actor: { kind: 'cli', user }, origin: 'local' });
const SPAN = { from: NOW - 60 * MINUTE, to: NOW };

describe.each(portHomes())('what is decided about votes in %s', (_name, createHome) => {
  let home: PortsHome;
  let ports: OpenPorts;
  /** Of another process, which decides. */
  let other: OpenPorts;
  let review: Review;
  let reviews: Reviews;
  let watch: AlertWatch;
  let journals: number[];
  /** Windows whose votes were read. */
  let read: number[];
  let time: number;

  beforeEach(async () => {
    home = await createHome();
    [ports, other] = [await home.open(), await home.open()];
    await addSmallTown(ports, WINDOWS);
    journals = [];
    for (let terminal = 1; terminal <= WINDOWS; terminal++)
      journals.push((await ports.ledger.openJournal(terminal, EPOCH)).key);
    await ports.ledger.commit(
      batchOf({
        votes: journals.flatMap((journalKey, at) =>
          [1, 2, 3].map((seq) =>
            voteRecord({
              journalKey,
              seq,
              windowKey: at + 1,
              at: NOW - 20 * MINUTE + seq * MINUTE,
              rating: 2,
            }),
          ),
        ),
      }),
    );
    await ports.alerts.change(async (tx) => {
      await tx.addRules({
        ...{ nodeId: 'unit:town', version: 1, validFrom: '2000-01-01', validTo: null, reason: '试' },
        settings: { unsatisfied: { closesAfterMinutes: 60, isUrgent: false } },
        ...{ madeAt: NOW, madeBy: 'cli:test' },
      });
      return tx.audited({ by: by('li'), action: 'alert-rules.add', target: { kind: 'alerts' } }, undefined);
    });
    review = createReview({ store: other.review, now: () => NOW });
    reviews = createReviews({ store: other.reviews, now: () => NOW });
    const { tree } = await createRegistry(ports.org);
    const [now, calendar] = [() => time, createCalendar('Asia/Shanghai')];
    time = NOW;
    read = [];
    const store = {
      ...ports.alerts,
      countedVotes(windowKey: number, from: number) {
        read.push(windowKey);
        return ports.alerts.countedVotes(windowKey, from);
      },
    };
    watch = await openAlertWatch({
      ...{ store, book: await openAlertBook({ store, tree, calendar, now }), tree, calendar, now },
      ...{ monotonic: now, newId: () => 'a-1', told: async () => {} },
      ...{ isOnline: () => true, lastSeenAt: () => NOW, hoursOf: () => null, waitingReviews: async () => [] },
      votes: {
        counts: () => ({ satisfied: 0, basically: 0, unsatisfied: 0 }),
        hasMoved: () => false,
        movedTo: () => null,
      },
      goal: () => ({ target: 0.85, minimum: 30, confidence: 0.95 }),
      ...{ completenessOf: () => UNKNOWN, heldSummary: async () => [] },
      decided: await followDecidedWindows(ports),
    });
    expect(await readAnew()).toHaveLength(WINDOWS);
    expect(await readAnew()).toEqual([]);
  });
  afterEach(async () => {
    await Promise.all([ports.close(), other.close()]);
    await home.dispose();
  });

  const readAnew = async () => {
    read = [];
    await watch.isDue();
    return read.toSorted((a, b) => a - b);
  };
  const linesOf = async (action: string) =>
    (await ports.audit.entries({ limit: 50 }))
      .filter((line) => line.action === action)
      .map(({ detail }) => detail.windows);

  it('is read again of its windows, whatever was decided, and said in the audit', async () => {
    const { id } = await review.exclude(by('li'), { terminalId: 't-7' }, SPAN, '试');
    expect(await readAnew()).toEqual([7]);
    await review.include(by('li'), id, '误会');
    await review.exclude(by('li'), { windowId: 'w9' }, SPAN, '试');
    expect(await readAnew()).toEqual([7, 9]);
    await review.redate(by('li'), 't-11', SPAN, -5 * MINUTE, '慢了');
    expect(await readAnew()).toEqual([11]);
    // None of its votes is in that span.
    await review.exclude(by('li'), { terminalId: 't-12' }, { from: NOW, to: NOW + 1 }, '试');
    expect(await readAnew()).toEqual([]);
    expect(await linesOf('votes.exclude')).toEqual([[], ['w9'], ['w7']]);
    expect([await linesOf('votes.include'), await linesOf('votes.redate')]).toEqual([[['w7']], [['w11']]]);

    const asked = { windowKey: 20, ...SPAN, decision: 'dismiss' as const, reason: '一个人' };
    const raised = await reviews.raise(by('li'), asked);
    expect(await readAnew()).toEqual([]);
    await reviews.step(by('wang'), raised.id, 'confirm', '看过录像');
    expect(await readAnew()).toEqual([20]);
    await reviews.step(by('wang'), raised.id, 'reopen', '弄错了');
    expect(await readAnew()).toEqual([20]);
    // Of a journal, and of what is held, nothing is a vote.
    await review.close(by('li'), 't-3', EPOCH, '换了');
    await review.writeOff(by('li'), 't-3', EPOCH, '换了');
    await review.dismiss(by('li'), {}, '无');
    expect(await readAnew()).toEqual([]);
    expect(await linesOf('review.confirm')).toEqual([['w20']]);
  });

  it('is found among whatever else stands in the audit', async () => {
    await review.exclude(by('li'), { terminalId: 't-1' }, SPAN, '试');
    for (let line = 0; line < 120; line++)
      await other.audit.change((tx) =>
        tx.audited({ by: by('li'), action: 'votes.export', target: { kind: 'votes' } }, undefined),
      );
    await review.exclude(by('li'), { terminalId: 't-2' }, SPAN, '试');
    expect(await readAnew()).toEqual([1, 2]);
  });

  it('is read again of all where nobody says which: of a gateway of before, of an import, of very many', async () => {
    const all = Array.from({ length: WINDOWS }, (_, at) => at + 1);
    // As a gateway of before writes it; beside it one that says more.
    await decide(other.review, (tx) =>
      tx.exclude({ id: 'x-1', terminalId: 't-4', ...SPAN, reason: '试', madeAt: NOW, madeBy: 'cli:li' }),
    );
    await review.exclude(by('li'), { terminalId: 't-5' }, SPAN, '试');
    expect(await readAnew()).toEqual(all);
    await other.review.storeImported(
      { terminalKey: 6, epoch: EPOCH, last: 9, totals: null },
      [voteRecordOf(6, 9)],
      false,
    );
    expect(await readAnew()).toEqual(all);
    // At more windows than a line names: a terminal that was carried about.
    await ports.ledger.commit(
      batchOf({
        votes: all.slice(0, 65).map((windowKey) =>
          voteRecord({
            journalKey: journals[79] as number,
            seq: 9 + windowKey,
            windowKey,
            at: NOW - MINUTE,
          }),
        ),
      }),
    );
    await review.exclude(by('li'), { terminalId: 't-80' }, SPAN, '试');
    expect(await readAnew()).toEqual(all);
    expect((await linesOf('votes.exclude'))[0]).toBeUndefined();
    // And then by the lines again.
    await review.exclude(by('li'), { terminalId: 't-6' }, SPAN, '试');
    expect(await readAnew()).toEqual([6]);
    watch.doubt();
    expect(await readAnew()).toEqual(all);
  });

  const voteRecordOf = (terminal: number, seq: number) => {
    const { journalKey: _, ...vote } = voteRecord({
      ...{ journalKey: journals[terminal - 1] as number, seq, windowKey: terminal, at: NOW - MINUTE },
    });
    return vote;
  };
});
