/** A recount from each database: the same as what is kept, and whatever is not the same is found and named. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_RULES, RULES_OFF, type RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import { verdictsOf } from '../../gateway/domain/verdicts/verdicts-of.ts';
import type { Difference } from '../../gateway/recount/differences.ts';
import { type Recount, type RecountQuestion, recount } from '../../gateway/recount/recount.ts';
import { countedOf, votesIn } from '../../gateway/recount/sums.ts';
import { createReviews } from '../../gateway/review/reviews.ts';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import type { Excluded } from '../../gateway/store/review.ts';
import { codeOfVerdict, judgedOf } from '../../gateway/verdicts/judged.ts';
import { openRuleBook } from '../../gateway/verdicts/rule-book.ts';
import { judgeStored } from '../../gateway/verdicts/stored-verdicts.ts';
import { decide } from '../support/decide.ts';
import { batchOf } from '../support/ledger-home.ts';
import { rulesOf } from '../support/live-verdicts.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { anyVotes, pressOf } from '../support/presses.ts';
import { voteRecord } from '../support/store.ts';
import { addSmallTown, plant } from '../support/tree.ts';

const ZONE = 'Asia/Shanghai';
const START = Date.parse('2026-11-26T15:40:00Z');
const DAY = '2026-11-27';
const NINE = Date.parse('2026-11-27T09:00:00+08:00');
const BY = { actor: { kind: 'gateway' } as const, origin: 'local' };
const TOWN = { kind: 'unit', id: 'town' } as const;

describe.each(portHomes())('a recount of what is stored in %s', (_name, createHome) => {
  let home: PortsHome;
  let ports: OpenPorts;
  let begun = 0;
  let stored: VoteRecord[] = [];
  beforeEach(async () => {
    home = await createHome();
    ports = await home.open();
    await addSmallTown(ports, 3);
    stored = [];
  });
  afterEach(async () => {
    await ports.close();
    await home.dispose();
  });

  /** Votes of an evening and the night at the first window, by the rules of now: of two devices of it, and what others are at the second. */
  const store = async () => {
    const journals = [
      await ports.ledger.openJournal(1, 'ab'.repeat(16)),
      await ports.ledger.openJournal(2, 'cd'.repeat(16)),
    ];
    const made = fc.sample(anyVotes(START, 60), { seed: 5, numRuns: 6 }).flat();
    const last = Math.max(...made.map(({ at }) => at));
    // A contact that sticks, at the first window.
    for (let press = 1; press <= 24; press++) made.push(pressOf(press, last + 60_000 + press * 1_000));
    const votes = made.map(
      (vote, index): VoteRecord => ({
        ...{
          journalKey: journals[vote.device === 2 ? 1 : 0]!.key,
          seq: index + 1,
          windowKey: 1 + (index % 2),
        },
        ...{ channel: vote.device === null ? 2 : 0, rating: vote.rating, at: vote.at, receivedAt: vote.at },
        ...{ clock: vote.isTimed ? 0 : 2, boot: vote.boot || 'none', mono: vote.mono },
      }),
    );
    for (const windowKey of [1, 2]) {
      const own = votes.filter((vote) => vote.windowKey === windowKey);
      const judged = verdictsOf(
        own.map((vote) => judgedOf(vote, vote.journalKey === journals[0]!.key ? 1 : 2, false)),
        rulesOf(DEFAULT_RULES),
      );
      own.forEach((vote, index) => {
        vote.verdict = codeOfVerdict(judged[index]!.code);
      });
    }
    for (let at = 0; at < votes.length; at += 100)
      await ports.ledger.commit(batchOf({ votes: votes.slice(at, at + 100) }));
    stored = votes;
    begun = Math.max(...votes.map(({ receivedAt }) => receivedAt)) + 1;
  };
  const ask = async (
    rules: RecountQuestion['rules'] = 'now',
    place: RecountQuestion['place'] = TOWN,
    pause = async () => {},
    channel?: number,
  ): Promise<Recount> => {
    const reads = home.openRecount();
    try {
      const period = `2026-11-26..${DAY}`;
      const found = await recount(
        { place, period, rules, channel },
        {
          ...{ reads, timeZone: ZONE, now: () => begun, pause, told: () => {} },
          noticesOf: () => new Map(),
        },
      );
      return found!;
    } finally {
      await reads.close();
    }
  };
  const firstOf = ({ differences }: Recount): Difference => differences.first[0]!;

  it('is the same of what two people have decided, and finds what is not as they did', async () => {
    await store();
    const reviews = createReviews({ store: ports.reviews, now: () => begun });
    const by = (user: string) => ({ actor: { kind: 'cli', user } as const, origin: 'local' });
    const before = await ask();
    const span = { windowKey: 1, from: START - 3_600_000, to: begun };
    let [dismissed, reinstated] = [0, 0];
    for (const decision of ['dismiss', 'reinstate'] as const) {
      const { id, votes } = await reviews.raise(by('li'), { ...span, decision, reason: '看过录像' });
      expect(votes).toBeGreaterThan(10);
      await reviews.step(by('wang'), id, 'confirm', '属实');
      const after = await ask();
      expect([after.differences.first, after.kept]).toEqual([[], after.own]);
      dismissed += decision === 'dismiss' ? votes : 0;
      reinstated += decision === 'reinstate' ? votes : 0;
      expect(votesIn(after.own.discounted.dismissed!)).toBe(dismissed);
      expect(votesIn(countedOf(after.own))).toBe(votesIn(countedOf(before.own)) - dismissed + reinstated);
    }
    await home.unguardVotes();
    await home.rows('UPDATE votes SET verdict = 0 WHERE verdict = 8 AND seq < 20');
    expect(firstOf(await ask())).toMatchObject({
      what: 'verdict',
      stored: 'counted',
      recounted: 'dismissed',
    });
  });

  it('is the same, of a window and of a unit, with votes of every kind and excluded ones', async () => {
    await store();
    await decide(ports.review, (tx) =>
      tx.exclude({
        ...{ id: 'e-1', terminalId: 't-1', from: START, to: START + 400_000 },
        ...{ reason: '试机', madeAt: START, madeBy: 'cli:test' },
      }),
    );
    const town = await ask();
    expect(town.differences.first).toEqual([]);
    expect(town.own).toEqual(town.kept);
    expect(town.windows).toBe(3);
    expect(votesIn(town.own.pressed)).toBe(stored.length);
    expect(votesIn(town.own.excluded)).toBeGreaterThan(10);
    expect(Object.keys(town.own.discounted).sort()).toEqual(['burst', 'stuck', 'superseded', 'too-soon']);
    expect(votesIn(countedOf(town.own))).toBeGreaterThan(10);
    const one = await ask('now', { kind: 'window', id: 'w1' });
    expect(one.differences.count).toBe(0);
    expect(votesIn(one.own.pressed)).toBe(stored.filter(({ windowKey }) => windowKey === 1).length);
    expect(town).toMatchObject({ waiting: 0, changing: 0, rules: 0 });
    begun = START;
    expect((await ask()).changing).toBe(2);
    expect((await ask('stored')).own).toEqual(town.own);
  });

  it('is the same with votes of systems, and excluded ones of a system or a window', async () => {
    await store();
    const [sms, web] = [
      await ports.origins.openOrigin({ name: '短信', unitId: null }),
      await ports.origins.openOrigin({ name: '网站', unitId: null }),
    ];
    const given = (windowKey: number) =>
      Array.from({ length: 9 }, (_none, index) => ({
        ...({
          key: `${windowKey}/${index}`,
          channel: 2,
          rating: (index % 3) as 0 | 1 | 2,
          windowKey,
        } as const),
        ...{ at: START + index * 1_000, receivedAt: START + 60_000 },
      }));
    for (const origin of [sms, web]) await ports.origins.commitOrigin(origin, [...given(1), ...given(2)]);
    const imputed = { ...given(1)[0]!, key: 'd', isImputed: true, verdict: 7 as const };
    await ports.origins.commitOrigin(sms, [imputed]);
    const withImputed = await ask();
    expect(withImputed.differences.first).toEqual([]);
    expect(votesIn(withImputed.own.discounted.imputed!)).toBe(1);
    const excludedBy = async (which: Excluded, from: number, to: number) => {
      const before = votesIn((await ask()).own.excluded);
      const why = { reason: '试', madeAt: START, madeBy: 'cli:test' };
      const id = `e-${before}`;
      await decide(ports.review, (tx) => tx.exclude({ id, ...which, from, to, ...why }));
      const after = await ask();
      expect(after.differences.first).toEqual([]);
      expect(after.own).toEqual(after.kept);
      return votesIn(after.own.excluded) - before;
    };
    expect(await excludedBy({ origin: { name: '短信', unitId: null } }, START, START + 5_000)).toBe(11);
    expect(
      await excludedBy({ origin: { name: '网站', unitId: null }, windowId: 'w1' }, START, START + 3_000),
    ).toBe(3);
    const pressed = stored.filter(
      ({ windowKey, at }) => windowKey === 2 && at >= START && at < START + 4_000,
    );
    expect(await excludedBy({ windowId: 'w2' }, START, START + 4_000)).toBe(pressed.length + 4);
    const [sum] = await home.rows<{ votes: number }>(
      'SELECT sum(satisfied + basically + unsatisfied) AS votes FROM excluded',
    );
    expect(votesIn((await ask()).own.excluded)).toBe(Number(sum?.votes));
    await home.rows(`DELETE FROM excluded WHERE source_key = ${sms}`);
    expect(firstOf(await ask())).toMatchObject({ what: 'excluded' });
    await home.unguardVotes();
    await home.rows('UPDATE votes SET verdict = 0 WHERE verdict = 7');
    expect((await ask()).differences.first).toContainEqual(
      expect.objectContaining({ what: 'verdict', stored: 'counted', recounted: 'imputed' }),
    );
  });

  it('is of one channel, and all of them are the whole', async () => {
    await store();
    const by = (channel: 2 | 3, seq: number) =>
      voteRecord({ journalKey: stored[0]!.journalKey, seq, at: START + seq, windowKey: 1, channel });
    const votes = [by(2, 5_001), by(2, 5_002), by(3, 5_003)];
    await ports.ledger.commit(batchOf({ votes }));
    const ofChannel = (channel: number) => ask('now', TOWN, undefined, channel);
    const [button, sms, phone] = [await ofChannel(0), await ofChannel(2), await ofChannel(3)];
    for (const one of [button, sms, phone]) {
      expect(one.differences.first).toEqual([]);
      expect(one.own).toEqual(one.kept);
    }
    const came = (channel: number) => stored.filter((vote) => vote.channel === channel).length;
    expect(came(2)).toBeGreaterThan(0);
    expect(votesIn(button.own.pressed)).toBe(came(0));
    expect(Object.keys(button.own.discounted).sort()).toEqual(['burst', 'stuck', 'superseded', 'too-soon']);
    expect([votesIn(sms.own.pressed), votesIn(phone.own.pressed)]).toEqual([came(2) + 2, 1]);
    await home.rows('UPDATE apart SET unsatisfied = unsatisfied + 1 WHERE channel = 2');
    expect(firstOf(await ofChannel(2))).toMatchObject({ what: 'rollup' });
    expect(firstOf(await ofChannel(0))).toMatchObject({ what: 'rollup' });
    expect((await ofChannel(3)).differences.count).toBe(0);
  });

  it('finds a verdict, a vote, a rollup and a sum that was changed, and names each', async () => {
    await store();
    const counted = stored.find(({ verdict }) => verdict === 0)!;
    const where = `source_key = ${counted.journalKey} AND seq = ${counted.seq}`;
    await home.rows(`UPDATE votes SET verdict = 3 WHERE ${where}`);
    const verdict = await ask();
    expect(firstOf(verdict)).toMatchObject({
      what: 'verdict',
      seq: counted.seq,
      stored: 'burst',
      recounted: 'counted',
    });
    // What is kept is what was stored: nothing else is another.
    expect(verdict.differences.count).toBe(1);
    await home.rows(`UPDATE votes SET verdict = 0 WHERE ${where}`);

    await home.rows(`UPDATE votes SET rating = ${(counted.rating + 1) % 3} WHERE ${where}`);
    expect((await ask('stored')).differences.first).toMatchObject([{ what: 'rollup', verdict: null }]);
    await home.rows(`UPDATE votes SET rating = ${counted.rating} WHERE ${where}`);
    expect((await ask()).differences.count).toBe(0);

    for (const [what, table] of [
      ['discounted', 'discounted'],
      ['rollup', 'rollups'],
    ] as const) {
      const [first] = await home.rows<{ quarter: number; source_key: number }>(
        `SELECT quarter, source_key FROM ${table} WHERE window_key = 1 ORDER BY source_key, quarter LIMIT 1`,
      );
      const place = `window_key = 1 AND source_key = ${first!.source_key} AND quarter = ${first!.quarter}`;
      await home.rows(`UPDATE ${table} SET basically = basically + 1 WHERE ${place}`);
      const found = await ask();
      expect(firstOf(found)).toMatchObject({
        what,
        windowId: 'w1',
        terminalId: expect.stringMatching(/^t-/),
      });
      expect(found.own).not.toEqual(found.kept);
      // One that is gone takes no vote with it.
      await home.rows(`DELETE FROM ${table} WHERE ${place}`);
      expect(firstOf(await ask())).toMatchObject({
        what,
        stored: { satisfied: 0, basically: 0, unsatisfied: 0 },
      });
      expect(votesIn((await ask()).own.pressed)).toBe(stored.length);
    }
  });

  it('shows what other rules would make of it, and knows no more versions than there are', async () => {
    await store();
    const add = (version: number, settings: object) =>
      ports.rules.change(async (tx) => {
        await tx.add({
          ...{ nodeId: 'all', version, validFrom: '2026-01-01', validTo: null, settings },
          ...{ reason: 'test', madeAt: START, madeBy: 'cli:test' },
        });
        return tx.audited({ by: BY, action: 'rules.add', target: { kind: 'rules' } }, undefined);
      });
    await add(1, { burstPresses: 0, burstSpanMs: 0 });
    await add(2, { burstPresses: 4, burstSpanMs: 20_000 });
    const first = await ask(1);
    expect(first.differences.count).toBe(0);
    expect(first.own.discounted.burst).toBeDefined();
    expect(first.other?.discounted.burst).toBeUndefined();
    expect(first.other?.pressed).toEqual(first.own.pressed);
    expect(first.rules).toBe(2);
    await expect(ask(3)).rejects.toMatchObject({ code: 'rules-unknown' });
  });

  it('judges votes by the rules of where their window stood, and leaves them to the unit that it stood under', async () => {
    await plant(ports, { units: [{ id: 'village', name: '云岭村' }] });
    const add = (nodeId: string, settings: Partial<RuleSettings>) =>
      ports.rules.change(async (tx) => {
        await tx.add({
          ...{ nodeId, version: 1, validFrom: '2026-01-01', validTo: null, settings },
          ...{ reason: 'test', madeAt: START, madeBy: 'cli:test' },
        });
        return tx.audited({ by: BY, action: 'rules.add', target: { kind: 'rules' } }, undefined);
      });
    await add('unit:town', RULES_OFF);
    await add('unit:village', { ...RULES_OFF, pressIntervalMs: 60_000 });
    const journal = (await ports.ledger.openJournal(1, 'ab'.repeat(16))).key;
    /** Twenty seconds apart, over an hour, at the first window. */
    const votes = Array.from({ length: 180 }, (_, index) =>
      voteRecord({
        ...{ journalKey: journal, seq: index + 1, mono: index * 20_000 },
        ...{ at: NINE + index * 20_000, windowKey: 1, rating: (index % 3) as 0 | 1 | 2 },
      }),
    );
    await ports.ledger.commit(batchOf({ votes }));
    const half = NINE + 30 * 60_000;
    await ports.org.change(async (tx) => {
      await tx.moveWindow('w1', 'village', half + 10 * 60_000);
      return tx.audited({ by: BY, action: 'window.move', target: { kind: 'data' } }, undefined);
    });
    // What was pressed in the quarter of an hour under way is judged again, and nothing of before.
    expect(await home.rows('SELECT window_key, from_at, to_at FROM unjudged')).toEqual([
      { window_key: 1, from_at: half, to_at: half + 25 * 60_000 },
    ]);
    const book = await openRuleBook({ rules: ports.rules, timeZone: ZONE });
    const judging = judgeStored(book, { now: () => half, aheadMs: 0 });
    while (await ports.verdicts.isWaiting()) await ports.verdicts.judge(judging);

    const town = await ask();
    const village = await ask('now', { kind: 'unit', id: 'village' });
    const one = await ask('now', { kind: 'window', id: 'w1' });
    for (const found of [town, village, one]) {
      expect(found.differences.first).toEqual([]);
      expect(found.own).toEqual(found.kept);
    }
    expect([town, village, one].map(({ own }) => votesIn(own.pressed))).toEqual([90, 90, 180]);
    expect([town, village].map(({ windows }) => windows)).toEqual([3, 1]);
    expect(town.own.discounted).toEqual({});
    expect(votesIn(village.own.discounted['too-soon']!)).toBeGreaterThan(45);
    expect(one.own.discounted).toEqual(village.own.discounted);
  });

  it('waits for what is still to be judged, and says so where nobody judges it', async () => {
    await store();
    const late = stored.find(({ verdict, windowKey }) => verdict !== 0 && windowKey === 1)!;
    const where = `source_key = ${late.journalKey} AND seq = ${late.seq}`;
    await home.rows(`UPDATE votes SET verdict = 0 WHERE ${where}`);
    await home.rows(`INSERT INTO unjudged (window_key, from_at, to_at) VALUES (1, ${late.at}, ${late.at})`);
    let pauses = 0;
    const left = await ask('now', TOWN, async () => {
      pauses += 1;
    });
    expect([pauses, left.waiting, left.differences.count]).toEqual([5, 1, 1]);
    const judgedMeanwhile = await ask('now', TOWN, async () => {
      await home.rows(`UPDATE votes SET verdict = ${late.verdict} WHERE ${where}`);
      await home.rows('DELETE FROM unjudged');
    });
    expect([judgedMeanwhile.waiting, judgedMeanwhile.differences.count]).toEqual([0, 0]);
  });
});
