/** What detectors see of a window, from each database: records of other systems beside presses, and what was found once is not found again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { explainFlag } from '../../gateway/domain/detectors/explain-flag.ts';
import { daySumsOf, lookAtWindow } from '../../gateway/review/look.ts';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import { storedVerdicts as ofPostgres } from '../../gateway/store/postgres/stored-verdicts.ts';
import type { VerdictTables } from '../../gateway/store/sql/judging.ts';
import { lookReads } from '../../gateway/store/sql/reviews/looks.ts';
import { storedVerdicts as ofSqlite } from '../../gateway/store/sqlite/stored-verdicts.ts';
import type { StoredPress } from '../../gateway/store/verdicts.ts';
import { type DatabaseName, hearStatements, planOf } from '../support/heard-statements.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { createReviewRig, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';

const MORNING = Date.parse('2026-11-23T09:00:00+08:00');
const MINUTE = 60_000;
const THIRD_PARTY = 6;
const IMPUTED = 7;

describe.each(portHomes())('a look at a window in %s', (name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
  });
  afterEach(() => rig.end());

  const look = async () => {
    const deps = {
      store: rig.ports.reviews,
      calendar: createCalendar('Asia/Shanghai'),
      now: () => MORNING + 24 * 60 * MINUTE,
      closedAt: () => null,
      siblingsOf: async () => [],
      turn: async () => {},
    };
    const { found } = await lookAtWindow(deps, 1, await daySumsOf(deps, 1));
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

  const database = name as DatabaseName;
  const tables: VerdictTables = database === 'SQLite' ? ofSqlite : ofPostgres;

  it('reads what is beside the rollups of one window through them, whatever other windows have', async () => {
    const quarter = MORNING / (15 * MINUTE);
    for (const [table, column, value] of [
      ['discounted', ', verdict', ', 1'],
      ['excluded', '', ''],
    ])
      await home.rows(`
        INSERT INTO ${table} (source_key, quarter, window_key, satisfied, basically, unsatisfied${column})
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
        SELECT 1000 + i % 100, ${quarter} + i / 100, 1000 + i % 100, 1, 0, 0${value} FROM n`);
    await rig.commit({ votes: given(9, (index) => ({ verdict: index < 3 ? 1 : 0 })) });
    await home.rows('ANALYZE');
    const { queries, heard } = hearStatements(database);
    await lookReads(queries, tables).quarters(1, MORNING);
    expect(heard).toHaveLength(1);
    const plan = await planOf(home.rows, database, heard[0] as string);
    for (const table of ['discounted', 'excluded'])
      await home.rows(`DELETE FROM ${table} WHERE source_key >= 1000`);
    const through =
      database === 'SQLite'
        ? /^SEARCH x USING .* \(\w+=\? AND \w+=\? AND \w+=\?\)$/
        : /^Index Cond: \(\(source_key = kept\w*\.source_key\) AND \(quarter = kept\w*\.quarter\) AND \(window_key = kept\w*\.window_key\)\)$/;
    const all = plan.join('\n');
    expect(
      plan.filter((step) => through.test(step)),
      all,
    ).toHaveLength(2);
    expect(all).not.toMatch(/(discounted|excluded)_quarter|Seq Scan on (discounted|excluded)/);
    const sums = await rig.ports.reviews.quarters(1, MORNING);
    expect(sums.map(({ votes, counted }) => `${votes} of which count ${counted}`)).toEqual([
      '1,1,1 of which count 0,0,0',
      '1,1,0 of which count 1,1,0',
      '1,0,1 of which count 1,0,1',
      '0,1,1 of which count 0,1,1',
    ]);
  });

  it('asks when records were received of those alone, however many other windows are between', async () => {
    const origin = await rig.ports.origins.openOrigin({ name: '短信', unitId: null });
    const votes = Array.from({ length: 30 }, (_none, index) => ({
      ...({ key: `${index}`, channel: THIRD_PARTY, rating: 0, at: MORNING + index } as const),
      ...{ windowKey: index % 10 === 0 ? 1 : 2, receivedAt: MORNING + MINUTE + index },
    }));
    await rig.ports.origins.commitOrigin(origin, votes);
    const span = { from: MORNING, to: MORNING + MINUTE };
    const pressed: StoredPress[] = await rig.ports.verdicts.presses(1, span);
    const { queries, heard } = hearStatements(database);
    await lookReads(queries, {
      ...tables,
      read: async () => [{ votes: pressed, pressed: pressed.length }],
    }).presses(1, span.from, span.to);
    const rows = await home.rows<{ receivedAt: number }>(heard.at(-1) as string);
    expect(rows.map(({ receivedAt }) => receivedAt - MORNING - MINUTE)).toEqual([0, 10, 20]);
    const seen = await rig.ports.reviews.presses(1, span.from, span.to);
    expect(seen.map(({ seq, record }) => [seq, record?.receivedAt])).toEqual(
      [1, 11, 21].map((seq) => [seq, MORNING + MINUTE + seq - 1]),
    );
  });
});
