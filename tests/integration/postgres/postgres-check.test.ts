/** The check of PostgreSQL beside gateways that commit and decide. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseCheck } from '../../../gateway/store/check.ts';
import { openPostgresCheck } from '../../../gateway/store/postgres/check.ts';
import { createPostgresHome } from '../../support/port-homes.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { BASE, createReviewRig, QUARTER, type ReviewRig } from '../../support/review-rig.ts';
import { voteRecord } from '../../support/store.ts';
import { until } from '../../support/wait.ts';

describe.runIf(have(POSTGRES))('the check of PostgreSQL', () => {
  let cluster: Cluster;
  let home: Awaited<ReturnType<typeof createPostgresHome>>;
  let rig: ReviewRig;
  let check: DatabaseCheck;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.dispose());
  beforeEach(async () => {
    home = await createPostgresHome(cluster);
    rig = await createReviewRig(home);
    check = openPostgresCheck({ address: home.address });
  });
  afterEach(async () => {
    await check.close();
    await rig.end();
  });

  const exclude = () =>
    rig.act((tx) =>
      tx.exclude({
        ...{ id: 'x1', terminalId: 't-1', from: BASE, to: BASE + QUARTER },
        ...{ reason: '试机', madeAt: BASE, madeBy: 'cli:test' },
      }),
    );

  it('finds nothing wrong where a gateway stores votes of what somebody has just excluded', async () => {
    await exclude();
    // As a gateway stores them that has not read it yet.
    await rig.commit({ votes: rig.votes(1, 2, 3) });
    expect((await check.check(() => {})).rollups).toMatchObject({ checked: true, differing: 0 });
  });

  it('says so when what is excluded is not marked', async () => {
    await exclude();
    await rig.commit({ votes: rig.votes(1, 2, 3) });
    await home.rows('DELETE FROM excluded');
    expect((await check.check(() => {})).rollups).toMatchObject({ differing: 1, journalKeys: [rig.source] });
    expect(
      await rig.ports.repairRollups([rig.source], { actor: { kind: 'gateway' }, origin: 'local' }),
    ).toEqual({
      ...{ differences: [], leftOut: 1 },
    });
  });

  it('finds nothing wrong while votes are stored and times are changed, and what is wrong all the same', async () => {
    const journals = await Promise.all([...'0123456789'].map((digit) => rig.journal(1, digit.repeat(32))));
    // Of a terminal whose times nobody changes: that would count its rollups anew.
    const other = await rig.journal(2);
    let isDone = false;
    let commits = 0;
    const storing = journals.map(async (journalKey) => {
      for (let seq = 1; !isDone; seq++) {
        const at = BASE + seq * 1_000;
        await rig.commit({
          votes: [voteRecord({ journalKey, seq, at }), voteRecord({ journalKey, seq: seq + 100_000, at })],
        });
        commits += 1;
      }
    });
    const deciding = (async () => {
      for (let by = QUARTER; !isDone; by = -by)
        await rig.act((tx) => tx.redate('t-1', { from: BASE, to: BASE + 9 * QUARTER }, by));
    })();
    try {
      for (let times = 0; times < 3; times++) {
        const before = commits;
        const report = await check.check(() => {});
        expect(report).toMatchObject({ numbers: [], rollups: { differing: 0 } });
        await until('votes to be stored meanwhile', () => commits > before);
      }
      await home.rows(`INSERT INTO rollups (source_key, quarter, window_key, satisfied, basically, unsatisfied, first_seq, last_seq, last_at)
        VALUES (${other}, 7, 2, 1, 1, 1, 1, 3, 6300001)`);
      expect((await check.check(() => {})).rollups).toMatchObject({
        differing: 1,
        journalKeys: [other],
      });
      const repaired = await rig.ports.repairRollups([other], {
        actor: { kind: 'gateway' },
        origin: 'local',
      });
      expect(repaired).toMatchObject({ differences: [{ quarter: 7, counted: null }], leftOut: 0 });
      expect((await check.check(() => {})).rollups.differing).toBe(0);
    } finally {
      isDone = true;
      await Promise.all([...storing, deciding]);
    }
  });
});
