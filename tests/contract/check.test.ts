/** What is kept beside the votes is damaged by hand, in every database: exactly that is found, put right, and told in the audit. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { By } from '../../gateway/store/changes.ts';
import type { DatabaseCheck } from '../../gateway/store/check.ts';
import { decide } from '../support/decide.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, QUARTER, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const HERE = `source_key = 1 AND quarter = ${BASE / QUARTER}`;
const COLUMNS =
  'source_key, quarter, window_key, satisfied, basically, unsatisfied, first_seq, last_seq, last_at';
/** Of the first journal's first quarter of an hour. */
const FIGURES = { satisfied: 2, basically: 1, unsatisfied: 0, firstSeq: 1, lastSeq: 3, lastAt: BASE + 3 };
const PLACE = { quarter: BASE / QUARTER, windowKey: 1, journalKey: 1 };

describe.each(portHomes())('the check of %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  let check: DatabaseCheck;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
    check = home.openCheck();
    const other = await rig.journal(2, 'cd'.repeat(16));
    const vote = (journalKey: number, seq: number, at: number) =>
      voteRecord({
        journalKey,
        seq,
        at,
        windowKey: journalKey,
        rating: seq % 3 === 0 ? 1 : 0,
        ...(seq === 5 && { verdict: 3 }),
        ...(journalKey === 2 && { channel: 5 }),
      });
    await rig.commit({
      votes: [
        ...[1, 2, 3].map((seq) => vote(1, seq, BASE + seq)),
        ...[4, 5].map((seq) => vote(1, seq, BASE + QUARTER + seq)),
        ...[1, 2].map((seq) => vote(other, seq, BASE + seq)),
      ],
      quarantine: [rig.aside(6), rig.aside(7)],
      lost: [{ journalKey: 1, range: [9, 12], at: BASE }],
    });
    await rig.act((tx) =>
      tx.exclude({
        ...{ id: 'x1', terminalId: 't-1', from: BASE + 2, to: BASE + QUARTER },
        ...{ reason: '试机', madeAt: BASE, madeBy: 'cli:test' },
      }),
    );
  });
  afterEach(async () => {
    await check.close();
    await rig.end();
  });

  const report = () => check.check(() => {});
  const audited = async () =>
    (await rig.ports.audit.entries({ limit: 9 })).filter(({ action }) => action === 'rollups.repair');
  const whole = {
    votes: 7,
    numbers: [],
    rollups: { checked: true, differing: 0, journalKeys: [], examples: [] },
  };

  it('finds nothing where nothing is wrong, tells how far it is, and repairs nothing then', async () => {
    const parts: number[] = [];
    expect(await check.check((part) => void parts.push(part))).toMatchObject(whole);
    expect(parts).toEqual([...parts].sort((a, b) => a - b));
    expect(parts.at(-1)).toBe(1);
    const before = await rig.decisions();
    expect(await rig.ports.repairRollups([1, 2], BY)).toEqual({ differences: [], leftOut: 0 });
    expect([await audited(), await rig.decisions()]).toEqual([[], before]);
  });

  it.each([
    [
      'says too many',
      `UPDATE rollups SET satisfied = satisfied + 7 WHERE ${HERE}`,
      { ...PLACE, kept: { ...FIGURES, satisfied: 9 }, counted: FIGURES },
    ],
    [
      'says another rating',
      `UPDATE rollups SET basically = 0, unsatisfied = 1 WHERE ${HERE}`,
      { ...PLACE, kept: { ...FIGURES, basically: 0, unsatisfied: 1 }, counted: FIGURES },
    ],
    [
      'misses its last vote',
      `UPDATE rollups SET last_seq = 2 WHERE ${HERE}`,
      { ...PLACE, kept: { ...FIGURES, lastSeq: 2 }, counted: FIGURES },
    ],
    ['is gone', `DELETE FROM rollups WHERE ${HERE}`, { ...PLACE, kept: null, counted: FIGURES }],
    [
      'is of no vote',
      `INSERT INTO rollups (${COLUMNS}) VALUES (2, 5, 2, 9, 0, 0, 1, 9, 4500001)`,
      {
        ...{ quarter: 5, windowKey: 2, journalKey: 2, counted: null },
        kept: { satisfied: 9, basically: 0, unsatisfied: 0, firstSeq: 1, lastSeq: 9, lastAt: 4_500_001 },
      },
    ],
  ])('finds the one rollup that %s, and puts it right', async (_what, damage, difference) => {
    await home.rows(damage);
    const found = await report();
    const journalKeys = [difference.journalKey];
    expect(found.rollups).toEqual({ checked: true, differing: 1, journalKeys, examples: [difference] });
    expect(await report()).toMatchObject({ rollups: found.rollups, numbers: [] });
    const before = await rig.decisions();
    expect(await rig.ports.repairRollups(journalKeys, BY)).toEqual({
      differences: [difference],
      leftOut: 0,
    });
    expect(await report()).toMatchObject(whole);
    const sum = ({ satisfied, basically, unsatisfied }: typeof FIGURES) =>
      satisfied + basically + unsatisfied;
    expect(await audited()).toMatchObject([
      {
        actor: 'cli:test',
        detail: {
          ...{ rows: 1, journalsWithLeftOut: 0, differences: [difference] },
          votesBefore: difference.kept ? sum(difference.kept) : 0,
          votesAfter: difference.counted ? sum(difference.counted) : 0,
        },
      },
    ]);
    // By this, gateways know that they are to read again.
    expect(await rig.decisions()).toBe((before ?? 0) + 1);
    expect(await home.verifyAudit()).toMatchObject({ unbroken: true });
  });

  it.each([
    ['too many', `UPDATE excluded SET basically = basically + 1`, 1],
    ['none of what is', 'DELETE FROM excluded', 1],
    ['none of what is, and of what rules discount', 'DELETE FROM discounted', 1],
    ['of no channel what came by it', 'DELETE FROM apart', 2],
    ['of a channel one more', 'UPDATE apart SET satisfied = satisfied + 1', 2],
    [
      'what nobody has',
      `INSERT INTO excluded (source_key, quarter, window_key, satisfied, basically, unsatisfied) VALUES (2, ${BASE / QUARTER}, 2, 1, 0, 0)`,
      2,
    ],
  ])(
    'finds the one journal that says of votes that are left out, or apart, %s, and puts it right',
    async (_what, damage, journal) => {
      await home.rows(damage);
      expect((await report()).rollups).toMatchObject({ differing: 1, journalKeys: [journal], examples: [] });
      expect(await rig.ports.repairRollups([journal], BY)).toEqual({ differences: [], leftOut: 1 });
      expect(await report()).toMatchObject(whole);
      expect(await audited()).toMatchObject([{ detail: { rows: 0, journalsWithLeftOut: 1 } }]);
    },
  );

  it('finds damage in many journals, each of which it repairs alone', async () => {
    await home.rows('UPDATE rollups SET unsatisfied = unsatisfied + 1');
    await home.rows('DELETE FROM excluded');
    const { rollups } = await report();
    expect(rollups).toMatchObject({ differing: 4, journalKeys: [1, 2] });
    expect(await rig.ports.repairRollups([2], BY)).toMatchObject({
      leftOut: 0,
      differences: [{ journalKey: 2 }],
    });
    expect((await report()).rollups).toMatchObject({ differing: 3, journalKeys: [1] });
    expect(await rig.ports.repairRollups(rollups.journalKeys, BY)).toMatchObject({ leftOut: 1 });
    expect(await report()).toMatchObject(whole);
  });

  it('says which numbers lead nowhere, and changes nothing of them', async () => {
    await decide(rig.ports.review, (tx) =>
      tx.release({ terminalId: 't-1' }, BASE, ({ seq }) => ({
        ...{
          rating: 0,
          at: BASE + seq,
          clock: 0,
          mono: seq,
          claimedAt: null,
          boot: 'boot-1',
          channel: 0,
          windowKey: 1,
        },
      })),
    );
    expect(await report()).toMatchObject({ ...whole, votes: 9 });
    await home.rows(`UPDATE quarantine SET seq = 77 WHERE seq = 6`);
    await home.rows('UPDATE lost SET to_seq = 8');
    await home.rows(`INSERT INTO datings (source_key, seq, claimed_at) VALUES (1, 500, 1)`);
    const numbers = [
      { what: 'records that were released, and are no vote', rows: 1 },
      { what: 'lost ranges that are none', rows: 1 },
      { what: 'times that were told of no vote', rows: 1 },
    ];
    expect((await report()).numbers).toEqual(numbers);
    expect((await report()).numbers).toEqual(numbers);
  });

  it('knows a vote whose journal, boot or window is not there', async () => {
    await home.rows(
      `INSERT INTO votes (source_key, seq, window_key, rating, at, clock, boot_key, mono, received_at, channel)
       VALUES (77, 0, 88, 0, ${BASE}, 0, 99, 1, ${BASE}, 0)`,
    );
    const found = await report();
    expect(found.numbers).toEqual(
      [
        'votes of a journal that is not there',
        'votes of a boot that is not there',
        'votes at a window that is not there',
        'votes whose number is below 1',
      ].map((what) => ({ what, rows: 1 })),
    );
    expect(found.rollups).toMatchObject({ differing: 1, journalKeys: [77] });
    await home.rows('DELETE FROM votes WHERE source_key = 77');
  });
});
