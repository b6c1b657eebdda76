/** Sums over long spans, in every database: whatever is folded, they are what the votes say. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryFolding } from '../../gateway/store/history.ts';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import { expectHistoryRecounted, toldHistory } from '../support/history-recount.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, QUARTER, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';
import { plant } from '../support/tree.ts';

const BLOCK = 16 * QUARTER;
const START = BASE - (BASE % BLOCK);
/** A grid that cuts blocks, and one that does not. */
const BOUNDS = [
  START - 3 * BLOCK,
  START,
  START + QUARTER,
  START + 20 * QUARTER,
  START + 2 * BLOCK,
  START + 9 * BLOCK,
];

/** @returns how many steps it took. */
async function foldAll(folding: HistoryFolding, now: number): Promise<number> {
  let steps = 0;
  for (; await folding.isDue(now); steps++) await folding.fold(now);
  return steps;
}

describe.each(portHomes())('history in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
    // town: w1, w2; below it hall: w3; elsewhere: w4
    await plant(rig.ports, {
      units: [
        { id: 'hall', parentId: 'town', name: '大厅' },
        { id: 'other', name: '别处' },
      ],
      windows: [
        { id: 'w3', unitId: 'hall', name: '3' },
        { id: 'w4', unitId: 'other', name: '4' },
      ],
    });
  });
  afterEach(() => rig.end());

  let seq = 0;
  /** Some of them came otherwise than by a button. */
  const vote = (at: number, more: Partial<VoteRecord> = {}) => {
    seq += 1;
    const channel = [0, 0, 2, 0, 5][seq % 5] as 0;
    return voteRecord({ journalKey: rig.source, seq, at, rating: (seq % 3) as 0, channel, ...more });
  };
  /** Of every window, in every quarter of two days; some are discounted. */
  const votesOf = (quarters: number, every = 1) =>
    Array.from({ length: quarters }, (_, index) =>
      [1, 2, 3, 4].map((windowKey) =>
        vote(START + index * every * QUARTER + windowKey, {
          windowKey,
          ...(index % 5 === 0 && { verdict: ((index % 3) + 1) as 1 }),
        }),
      ),
    ).flat();
  const expectRecounted = (when: string) => expectHistoryRecounted(home, rig.ports.history, BOUNDS, when);
  const unitKey = async (id: string) =>
    (await rig.ports.org.units()).find((unit) => unit.id === id)?.key ?? 0;
  const rowsFolded = async () =>
    (await home.rows<{ rows: number }>('SELECT count(*) AS rows FROM history'))[0]?.rows;
  const lateRows = async () => (await home.rows('SELECT 1 FROM history_late')).length;

  it('is what the votes say, before it is folded, folded in part, and whole', async () => {
    await rig.commit({ votes: votesOf(40) });
    await expectRecounted('unfolded');
    for (const quarters of [1, 15, 16, 17, 31, 40, 200]) {
      await foldAll(rig.ports.folding, START + quarters * QUARTER + 5 * 60_000);
      await expectRecounted(`folded for ${quarters} quarters`);
    }
    expect(await rowsFolded()).toBeGreaterThan(40);
    expect(
      await toldHistory(rig.ports.history, { unitKey: await unitKey('hall') }, [START, START + QUARTER]),
    ).toEqual([['channel 0, verdict 1: 1/0/0']]);
  });

  it('reads what is folded from there, and not from the rollups', async () => {
    await rig.commit({ votes: votesOf(40) });
    await foldAll(rig.ports.folding, START + 18 * QUARTER + 5 * 60_000);
    await home.rows('UPDATE history SET satisfied = satisfied + 1000 WHERE span = 16');
    const [block, quarters] = await toldHistory(rig.ports.history, { unitKey: await unitKey('other') }, [
      START,
      START + BLOCK,
      START + 18 * QUARTER,
    ]);
    expect(block?.some((line) => line.includes('00'))).toBe(true);
    expect(quarters?.some((line) => line.includes('00'))).toBe(false);
  });

  it('has what comes late at once, and folded', async () => {
    await rig.commit({ votes: votesOf(20) });
    await foldAll(rig.ports.folding, START + 20 * QUARTER + 5 * 60_000);
    expect(await lateRows()).toBe(0);
    await rig.commit({
      votes: [
        vote(START + 3, { verdict: 2, channel: 0 }),
        vote(START + 17 * QUARTER, { windowKey: 3, channel: 0 }),
        vote(START - BLOCK, { windowKey: 4, channel: 2 }),
        vote(START + 30 * QUARTER),
      ],
    });
    // One is discounted, and so a sum of its own; one is told again by its channel.
    expect(await lateRows()).toBe(5);
    await expectRecounted('late');
    await foldAll(rig.ports.folding, START + 20 * QUARTER + 5 * 60_000);
    expect(await lateRows()).toBe(0);
    await expectRecounted('folded late');
  });

  it('has nothing twice of what came again', async () => {
    const votes = votesOf(3);
    await rig.commit({ votes });
    await foldAll(rig.ports.folding, START + BLOCK);
    await rig.commit({ votes });
    await rig.commit({ votes: [...votes, vote(START + 9, { channel: 0 })] });
    expect(await lateRows()).toBe(1);
    await expectRecounted('again');
  });

  it('follows verdicts that are others, exclusions, other times and what is released', async () => {
    await rig.commit({ votes: votesOf(20), quarantine: [rig.aside(900), rig.aside(901)] });
    const check = async (when: string) => {
      await expectRecounted(when);
      await foldAll(rig.ports.folding, START + 22 * QUARTER);
      await expectRecounted(`${when}, folded`);
      expect(await lateRows()).toBe(0);
    };
    await check('at first');
    const first = seq - 79;
    await rig.commit({
      corrections: [0, 1, 2, 21, 22, 41].map((one, index) => ({
        journalKey: rig.source,
        seq: first + one,
        verdict: (index % 4) as 0,
      })),
    });
    await check('corrected');
    const span = { id: 'x', terminalId: 't-1', from: START + 2, to: START + 3 * QUARTER };
    await rig.act((tx) => tx.exclude({ ...span, reason: '试', madeAt: START, madeBy: 'cli:test' }));
    await check('excluded');
    await rig.commit({ votes: [vote(START + QUARTER, { verdict: 1 }), vote(START + QUARTER + 1)] });
    await check('late and excluded');
    await rig.act((tx) => tx.redate('t-1', { from: START, to: START + 6 * QUARTER }, 5 * QUARTER));
    await check('redated');
    await rig.act((tx) => tx.redate('t-1', { from: START, to: START + 12 * QUARTER }, 'claimed'));
    await check('dated back');
    await rig.act((tx) =>
      tx.release({}, START, ({ seq: number }) => ({
        ...{
          rating: 2,
          at: START + number,
          clock: 0,
          mono: number,
          boot: 'b',
          channel: number === 900 ? 5 : 0,
        },
        ...{ claimedAt: null, windowKey: number === 900 ? 3 : null },
      })),
    );
    await check('released');
    await rig.act((tx) => tx.endExclusion('x', START));
    await check('excluded no more');
    const imported = { terminalKey: 2, epoch: 'cd'.repeat(16), last: 1, totals: null };
    const { journalKey: _, ...carried } = vote(START + 5, { windowKey: 2, rating: 2 });
    await rig.ports.review.storeImported(imported, [carried], false);
    await check('imported');
  });

  it('follows what is judged again', async () => {
    await rig.commit({ votes: votesOf(20) });
    await foldAll(rig.ports.folding, START + 22 * QUARTER);
    await rig.commit({ unjudged: [{ windowKey: 3, from: START, to: START + 20 * QUARTER }] });
    const { revision } = await rig.ports.rules.ground();
    await rig.ports.verdicts.judge({
      revision: () => revision,
      reachOf: (_key, span) => ({ affected: span, needed: span }),
      verdictsOf: (_key, votes) => votes.map((_one, index) => (index % 4) as 0),
    });
    expect(await lateRows()).toBeGreaterThan(0);
    await expectRecounted('judged');
    await foldAll(rig.ports.folding, START + 22 * QUARTER);
    await expectRecounted('judged, folded');
  });

  it('leaves what was pressed where the window stood then', async () => {
    await rig.commit({ votes: votesOf(40) });
    await foldAll(rig.ports.folding, START + 20 * QUARTER + 5 * 60_000);
    const [hall, other] = [await unitKey('hall'), await unitKey('other')];
    const move = (kind: string, key: number, to: number, quarter: number) =>
      home.rows(
        `INSERT INTO org_versions (kind, key, parent_key, name, from_at) VALUES ('${kind}', ${key}, ${to}, '', ${START + quarter * QUARTER})`,
      );
    await move('window', 1, other, 25);
    await move('window', 1, hall, 30);
    await move('unit', hall, other, 33);
    // As a change of the tree does.
    await home.rows('UPDATE noted SET version = version + 1');
    await expectRecounted('moved');
    await foldAll(rig.ports.folding, START + 60 * QUARTER);
    await expectRecounted('moved, folded');
    await rig.commit({ votes: [24, 26, 31, 34].map((quarter) => vote(START + quarter * QUARTER + 9)) });
    await expectRecounted('moved, late');
    await foldAll(rig.ports.folding, START + 60 * QUARTER);
    await expectRecounted('moved, late, folded');
  });

  it('is by where a window stands since it was moved, also where that is folded already', async () => {
    await rig.commit({ votes: votesOf(40) });
    await foldAll(rig.ports.folding, START + 40 * QUARTER + 5 * 60_000);
    const by = { actor: { kind: 'cli', user: 'test' }, origin: 'local' } as const;
    const line = { by, action: 'window.move', target: { kind: 'data' } } as const;
    await rig.ports.org.change(async (tx) => {
      // The gateway that moves it is behind the one that folds.
      await tx.moveWindow('w1', 'other', START + 10 * QUARTER);
      await tx.moveUnit('hall', 'other', START + 21 * QUARTER);
      return tx.audited(line, undefined);
    });
    await expectRecounted('moved');
    await foldAll(rig.ports.folding, START + 60 * QUARTER);
    await expectRecounted('moved, folded');
  });

  it('is read where it is not folded after the clock was ahead, and folded again', async () => {
    await rig.commit({ votes: votesOf(20) });
    await foldAll(rig.ports.folding, START + 1_000 * QUARTER);
    await rig.commit({ votes: [vote(START + 500 * QUARTER)] });
    await foldAll(rig.ports.folding, START + 10 * QUARTER);
    const [state] = await home.rows<{ folded_until: number }>('SELECT folded_until FROM history_state');
    expect(state?.folded_until).toBeLessThanOrEqual(START / QUARTER + 10);
    await expectRecounted('rewound');
    await foldAll(rig.ports.folding, START + 600 * QUARTER);
    await expectRecounted('folded again');
  });

  it.each([
    [
      'a row',
      `UPDATE history SET satisfied = satisfied + 5 WHERE span = 1 AND quarter = ${START / QUARTER + 3}`,
      0,
    ],
    [
      'a block',
      `UPDATE history SET unsatisfied = 0 WHERE span = 16 AND quarter = ${START / QUARTER + 16}`,
      16,
    ],
    ['what is gone', `DELETE FROM history WHERE span = 1 AND quarter = ${START / QUARTER + 17}`, 16],
    ['what is noted', `DELETE FROM history_late WHERE quarter = ${START / QUARTER + 18}`, 18],
  ])('is held against the rollups, which finds %s, and is folded anew', async (_what, damage, first) => {
    await rig.commit({ votes: votesOf(40) });
    await foldAll(rig.ports.folding, START + 34 * QUARTER);
    await rig.commit({ votes: [vote(START + 18 * QUARTER), vote(START + 2 * QUARTER)] });
    const check = home.openCheck();
    const look = async () => (await check.check(() => {})).history;
    expect(await look()).toEqual({ differing: 0, from: null });
    await home.rows(damage);
    const found = await look();
    expect(found?.differing).toBeGreaterThan(0);
    expect(found?.from).toBe(START + first * QUARTER);
    await rig.ports.repairHistory(found?.from ?? 0, {
      actor: { kind: 'cli', user: 'test' },
      origin: 'local',
    });
    await expectRecounted('repaired');
    await foldAll(rig.ports.folding, START + 34 * QUARTER);
    expect(await look()).toEqual({ differing: 0, from: null });
    await expectRecounted('folded anew');
    const [line] = await rig.ports.audit.entries({ limit: 1 });
    expect(line).toMatchObject({ action: 'history.repair', detail: { from: found?.from } });
    await check.close();
  });

  it('leaves out what is nothing, and answers for what nobody knows', async () => {
    const nobody = { unitKey: 999 };
    expect(await rig.ports.history.sums(nobody, BOUNDS)).toEqual(BOUNDS.slice(1).map(() => []));
    expect(await rig.ports.history.sums({ windowKey: 999 }, [0, QUARTER])).toEqual([[]]);
    for (const channel of [0, 2] as const)
      expect(await rig.ports.history.windows([0, QUARTER, START], channel)).toEqual([[], []]);
  });
});
