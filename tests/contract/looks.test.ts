/** What detectors see of a window, from each database: records of other systems beside presses, and what was found once is not found again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { explainFlag } from '../../gateway/domain/detectors/explain-flag.ts';
import { lookAtWindow } from '../../gateway/review/look.ts';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { createReviewRig, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';

const MORNING = Date.parse('2026-11-23T09:00:00+08:00');
const MINUTE = 60_000;
const THIRD_PARTY = 6;
const IMPUTED = 7;

describe.each(portHomes())('a look at a window in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
  });
  afterEach(() => rig.end());

  const look = async () => {
    const { found } = await lookAtWindow(
      {
        store: rig.ports.reviews,
        calendar: createCalendar('Asia/Shanghai'),
        now: () => MORNING + 24 * 60 * MINUTE,
        closedAt: () => null,
        siblingsOf: async () => [],
      },
      1,
    );
    return found;
  };
  /** Every seven minutes, in turn of the three ratings. */
  const given = (count: number, more: (index: number, at: number) => Partial<VoteRecord>) =>
    Array.from({ length: count }, (_none, index) => {
      const at = MORNING + index * 7 * MINUTE;
      const rating = (index % 3) as 0 | 1 | 2;
      return voteRecord({
        ...{ journalKey: rig.source, seq: index + 1, windowKey: 1, rating, at, mono: at - MORNING },
        ...more(index, at),
      });
    });

  it('asks of records why all of them were received so soon after they were given', async () => {
    const votes = given(24, (index, at) => ({
      channel: THIRD_PARTY,
      receivedAt: at + 90_000 + (index % 5) * 100,
    }));
    await rig.commit({ votes });
    const [flag, ...more] = await look();
    expect(more).toEqual([]);
    expect(flag).toMatchObject({ detector: 'imported', decision: 'dismiss', windowKey: 1 });
    expect(flag?.votes).toEqual(votes.map(({ journalKey, seq }) => ({ journalKey, seq })));
    expect([flag?.from, flag?.to]).toEqual([MORNING, MORNING + 23 * 7 * MINUTE]);
    const { figures, limit } = flag!;
    expect(figures).toMatchObject({ votes: 24, meanGapMs: 90_191.666_666_666_67 });
    expect(explainFlag('imported', { figures, limit }).en).toBe(
      '24 records were received 90.2 s after they were given on average, with a standard deviation of 0.1 s; the limit is 1.0 s. A program writes so.',
    );
    expect((await look()).map(({ about }) => about)).toEqual([flag?.about]);
  });

  it('asks nothing of presses that were received so, nor of records that come when they come', async () => {
    await rig.commit({ votes: given(24, (_index, at) => ({ channel: 0, receivedAt: at + 90_000 })) });
    expect(await look()).toEqual([]);
    await rig.commit({
      votes: given(24, (index, at) => ({
        ...{ seq: 100 + index, channel: THIRD_PARTY, at: at + 3 * MINUTE },
        receivedAt: at + 3 * MINUTE + 60_000 + ((index * 7_919) % 60_000),
      })),
    });
    expect(await look()).toEqual([]);
  });

  it('shows what systems have given, which never counts', async () => {
    const verdict = (index: number) => (index < 3 ? IMPUTED : 0);
    await rig.commit({
      votes: given(9, (index, at) => ({
        ...{ channel: THIRD_PARTY, verdict: verdict(index), receivedAt: at + ((index * 7_919) % 60_000) },
      })),
    });
    const found = await look();
    expect(found).toMatchObject([{ detector: 'imported', figures: { imputed: 3, votes: 9 } }]);
    expect(found[0]?.votes.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});
