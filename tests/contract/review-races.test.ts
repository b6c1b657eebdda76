/** People who decide at once, and votes that come in while they do. Everything kept beside the votes is what they say. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Batch, QuarantineRecord, VoteRecord } from '../../gateway/store/ledger.ts';
import type { ReviewTx } from '../../gateway/store/review.ts';
import { decide } from '../support/decide.ts';
import { batchOf, outcomesOf } from '../support/ledger-home.ts';
import { compareDiscounted, compareExcluded, compareRollups } from '../support/ledger-recount.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { voteRecord } from '../support/store.ts';
import { addSmallTown } from '../support/tree.ts';
import { until } from '../support/wait.ts';

const EPOCH = 'ab'.repeat(16);
const QUARTER = 15 * 60_000;
const BASE = 1_795_000_000_000 - (1_795_000_000_000 % QUARTER);
const ALL = { from: 0, to: 9e12 };

describe.each(portHomes())('deciding at once in %s', (name, createHome) => {
  let home: PortsHome;
  let one: OpenPorts;
  let other: OpenPorts;
  let source = 0;
  beforeEach(async () => {
    home = await createHome();
    one = await home.open();
    await addSmallTown(one);
    other = await home.open();
    source = (await one.ledger.openJournal(1, EPOCH)).key;
  });
  afterEach(async () => {
    const [rollups, excluded] = [await compareRollups(home), await compareExcluded(home)];
    const discounted = await compareDiscounted(home);
    await one.close();
    await other.close();
    await home.dispose();
    expect(rollups.kept, 'rollups').toEqual(rollups.counted);
    expect(excluded.kept, 'excluded').toEqual(excluded.counted);
    expect(discounted.kept, 'discounted').toEqual(discounted.counted);
  });

  const commit = (batch: Partial<Batch>) => one.ledger.commit(batchOf(batch));
  const votes = (from: number, count: number, change: Partial<VoteRecord> = {}) =>
    Array.from({ length: count }, (_, index) =>
      voteRecord({
        journalKey: source,
        seq: from + index,
        at: BASE + ((from + index) % 9) * QUARTER,
        ...((from + index) % 4 === 0 && { verdict: 1 as const }),
        ...change,
      }),
    );
  const aside = (seq: number): QuarantineRecord => ({
    ...{ receivedAt: BASE, reason: 'too-fast', terminalKey: 1, topic: 't', payload: '', journalKey: source },
    seq,
  });
  const release = (tx: ReviewTx) =>
    tx.release({}, BASE, ({ seq }) => ({
      ...{ rating: 1, at: BASE + (seq % 9) * QUARTER, clock: 0, mono: seq, boot: `boot-${seq % 3}` },
      ...{ channel: 0, claimedAt: null, windowKey: null },
    }));
  const exclusion = (id: string, from = BASE, to = BASE + 5 * QUARTER) => ({
    ...{ id, from, to, terminalId: 't-1', reason: '试机', madeAt: BASE, madeBy: 'cli:test' },
  });

  it('makes each vote of what is held once, whoever was first', async () => {
    await commit({ quarantine: Array.from({ length: 300 }, (_, index) => aside(index + 1)) });
    const both = await Promise.all([one, other].map(({ review }) => decide(review, release)));
    expect(both.map(({ released }) => released).sort()).toEqual([0, 300]);
    expect(await home.rows('SELECT seq FROM votes')).toHaveLength(300);
  });

  it('takes an exclusion back once, and counts what several exclude once', async () => {
    await commit({ votes: votes(1, 40) });
    await Promise.all(
      [one, other].flatMap(({ review }, at) =>
        [1, 2].map((number) =>
          decide(review, (tx) => tx.exclude(exclusion(`e-${at}-${number}`, BASE + number * QUARTER))),
        ),
      ),
    );
    const ended = await Promise.allSettled(
      [one, other].map(({ review }) => decide(review, (tx) => tx.endExclusion('e-0-1', BASE))),
    );
    const refused = ended.filter((end) => end.status === 'rejected').map(({ reason }) => reason.code);
    expect(refused).toEqual(['exclusion-ended']);
  });

  /** Votes that two gateways store all the while, in quarters that are just being counted anew. */
  const storeWhile = async (act: () => Promise<void>) => {
    let isOver = false;
    let next = 51;
    const lanes = [one, other, one, other].map(async ({ ledger }) => {
      while (!isOver) {
        const from = next;
        next += 20;
        const batch = batchOf({ votes: votes(from, 20) });
        expect(await outcomesOf(ledger.commit(batch))).toEqual(Array(20).fill('stored'));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    await until('votes to come in', () => next > 200);
    await act().finally(() => {
      isOver = true;
    });
    await Promise.all(lanes);
    return { stored: next - 51 };
  };

  it('has votes come in before or after each decision, and none beside it', async () => {
    const quarantine = Array.from({ length: 200 }, (_, index) => aside(1_000_001 + index));
    await commit({ quarantine, lost: [{ journalKey: source, range: [900_001, 900_010], at: 1 }] });
    const decisions: ((tx: ReviewTx) => Promise<unknown>)[] = [
      release,
      (tx) => tx.redate('t-1', ALL, 2 * QUARTER),
      (tx) => tx.writeOff('t-1', EPOCH, BASE),
      (tx) => tx.redate('t-1', { from: BASE, to: BASE + 6 * QUARTER }, -QUARTER),
      (tx) => tx.undoWriteOff('t-1', EPOCH),
      (tx) => tx.redate('t-1', ALL, 'claimed'),
      (tx) => tx.redate('t-1', ALL, QUARTER),
    ];
    const { stored } = await storeWhile(async () => {
      for (const [at, act] of decisions.entries())
        await decide(at % 2 === 0 ? one.review : other.review, act);
    });
    expect(await home.rows('SELECT seq FROM votes')).toHaveLength(stored + quarantine.length);
  });

  it('leaves out what is excluded of votes that come in meanwhile, from gateways that do not know of it yet', async () => {
    await storeWhile(async () => {
      for (const id of ['e-1', 'e-2', 'e-3']) {
        await decide(one.review, (tx) => tx.exclude(exclusion(id)));
        await decide(other.review, (tx) => tx.endExclusion(id, BASE));
      }
      await decide(other.review, (tx) => tx.exclude(exclusion('e-4', BASE + QUARTER, BASE + 2 * QUARTER)));
    });
    // What one believes that has not read yet that it was taken back.
    await commit({ votes: votes(1, 40, { excluded: true }) });
    expect((await compareExcluded(home)).kept).toHaveLength(1);
  });

  const IN_QUARTER_2 = { at: BASE + 2 * QUARTER + 7 };
  it.runIf(name === 'PostgreSQL').each<[string, (tx: ReviewTx) => Promise<unknown>]>([
    ['set to another time', (tx) => tx.redate('t-1', { from: BASE, to: BASE + QUARTER }, 2 * QUARTER)],
    ['excluded', (tx) => tx.exclude(exclusion('e-1', BASE, BASE + 3 * QUARTER))],
  ])('waits for a commit that is half written, before votes are %s', async (_what, act) => {
    await decide(one.review, (tx) => tx.exclude(exclusion('e-0', BASE, BASE + 9 * QUARTER)));
    const [first, second] = [votes(1, 9, { at: BASE }), votes(10, 9, IN_QUARTER_2)];
    await commit({ votes: first });
    // Its votes are written, and what it has lost is not.
    await home.rows('BEGIN');
    await home.rows('LOCK TABLE lost IN EXCLUSIVE MODE');
    const waiting = (count: number) =>
      until(`${count} to wait`, async () => {
        const waits = await home.rows('SELECT DISTINCT pid FROM pg_locks WHERE NOT granted');
        return waits.length === count;
      });
    const committing = commit({ votes: second, lost: [{ journalKey: source, range: [90, 99], at: 1 }] });
    await waiting(1);
    const deciding = decide(other.review, act);
    await waiting(2);
    await home.rows('ROLLBACK');
    expect(await outcomesOf(committing)).toEqual(Array(9).fill('stored'));
    await deciding;
  });
});
