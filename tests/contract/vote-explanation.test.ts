/** Why a vote counts for what it does, of either database: what is stored, what rules say now, and what has become of it since it came. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { buildTree } from '../../gateway/domain/org.ts';
import type { VoteDecision } from '../../gateway/domain/review-steps.ts';
import type { RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import { createReviews } from '../../gateway/review/reviews.ts';
import { openRuleBook } from '../../gateway/verdicts/rule-book.ts';
import { createRuleChanges } from '../../gateway/verdicts/rule-changes.ts';
import { judgeStored } from '../../gateway/verdicts/stored-verdicts.ts';
import { createVoteExplanations } from '../../gateway/verdicts/vote-explanation.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, EPOCH, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';

const ZONE = 'Asia/Shanghai';
const HOUR = 3_600_000;
const BY = { actor: { kind: 'cli', user: 'test' } as const, origin: 'local' as const };

describe.each(portHomes())('an explanation in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
  });
  afterEach(() => rig.end());

  const calendar = createCalendar(ZONE);
  const date = (at: number) => calendar.nameOf(calendar.dayOf(at));
  const tree = async () =>
    buildTree(await rig.ports.org.units(), await rig.ports.org.windows(), await rig.ports.org.terminals());
  const explain = (seq: number, terminalId = 't-1') =>
    createVoteExplanations({
      ...{ rules: rig.ports.rules, verdicts: rig.ports.verdicts, exclusions: rig.ports.review.exclusions },
      ...{ tree, timeZone: ZONE },
    }).explain({ terminalId, epoch: EPOCH, seq });
  const set = (settings: Partial<RuleSettings>, place: { unit?: string } = {}, now = BASE + 48 * HOUR) =>
    createRuleChanges({
      publications: rig.ports.publications,
      store: rig.ports.rules,
      tree,
      timeZone: ZONE,
      now: () => now,
    }).add(BY, {
      ...{ ...place, settings, reason: '试用新规则', replays: true },
      ...{ validFrom: date(BASE), validTo: date(BASE) },
    });
  const judge = async () => {
    const rules = await openRuleBook({ rules: rig.ports.rules, timeZone: ZONE });
    const judging = judgeStored(rules, { now: () => BASE + 72 * HOUR, aheadMs: 0 });
    while (await rig.ports.verdicts.isWaiting()) await rig.ports.verdicts.judge(judging);
  };
  const press = (seq: number, second: number, rating: 0 | 1 | 2 = 0) =>
    voteRecord({
      ...{ journalKey: rig.source, seq, rating, at: BASE + second * 1_000, mono: second * 1_000 },
    });
  /** A change of mind, one too soon after it, an honest one, and a burst. */
  const votes = () => [
    ...[press(1, 0, 2), press(2, 2), press(3, 4), press(4, 60, 1)],
    ...[120, 125, 130, 135, 140].map((second, index) => press(5 + index, second)),
  ];
  const commit = () =>
    rig.commit({ votes: votes(), unjudged: [{ windowKey: 1, from: BASE, to: BASE + 140_000 }] });

  it('says of every vote what is stored, by which rule and version, and names the votes that it leans on', async () => {
    await set({}, {}, BASE - HOUR);
    await set({ pressIntervalMs: 4_000 }, { unit: 'town' }, BASE - HOUR);
    await commit();
    await judge();
    const stored = await home.rows<{ seq: number; verdict: number }>(
      'SELECT seq, verdict FROM votes ORDER BY seq',
    );
    const told = await Promise.all(stored.map(({ seq }) => explain(seq)));
    expect(told.map(({ stored: code }) => code)).toEqual([
      ...['superseded', 'counted', 'too-soon', 'counted'],
      ...['counted', 'burst', 'burst', 'burst', 'burst'],
    ]);
    for (const one of told)
      expect([one.byRules, one.verdict, one.standing]).toEqual([one.stored, one.stored, 'same']);

    const [first, second, third] = told;
    expect(first?.vote).toMatchObject({
      ...{ terminal: 't-1', epoch: EPOCH, seq: 1, window: 'w1', path: ['云岭镇'], rating: 'unsatisfied' },
      ...{ at: BASE, clock: 'ntp', claimedAt: null },
    });
    expect(first?.checks.find(({ outcome }) => outcome === 'against')).toMatchObject({
      ...{ rule: 'superseded', figures: { gapMs: 2_000, mostMs: 3_000 } },
      votes: [{ terminal: 't-1', epoch: EPOCH, seq: 2, role: 'correction' }],
    });
    expect(second?.checks.find(({ rule }) => rule === 'too-soon')).toMatchObject({
      ...{ outcome: 'passed', votes: [{ seq: 1, role: 'corrected' }] },
    });
    expect(third?.checks.find(({ outcome }) => outcome === 'against')).toMatchObject({
      ...{
        rule: 'too-soon',
        figures: { gapMs: 2_000, leastMs: 4_000 },
        votes: [{ seq: 2, role: 'keptBefore' }],
      },
    });
    expect(third?.neighbours).toMatchObject([
      { seq: 2, afterMs: -2_000, rating: 'satisfied', verdict: 'counted' },
      { seq: 4, afterMs: 56_000, rating: 'basically', verdict: 'counted' },
    ]);
    expect(third?.rules.versions).toMatchObject([
      { node: 'all', nodeName: '', version: 1, reason: '试用新规则', madeBy: 'cli:test' },
      { node: 'unit:town', nodeName: '云岭镇', version: 1 },
    ]);
    const settings = new Map(third?.rules.settings.map((setting) => [setting.field, setting]));
    expect(settings.get('pressIntervalMs')).toEqual({
      ...{ field: 'pressIntervalMs', value: 4_000, node: 'unit:town', version: 1 },
    });
    expect(settings.get('burstPresses')).toEqual({
      ...{ field: 'burstPresses', value: 4, node: null, version: null },
    });
    expect(told[8]?.checks.at(-1)?.votes.map(({ seq, role }) => `${role} ${seq}`)).toEqual([
      ...['keptOfBurst 5', 'burst 5', 'burst 6', 'burst 7', 'burst 8'],
    ]);
    const says = (one: typeof first) => one?.words.map(({ en }) => en).join('\n');
    expect(says(second)).toContain('By these rules it is counted.');
    expect(says(second)).toContain('In the end: it counts.');
    expect(says(third)).toMatch(
      /R1 press interval: 2 s after t-1#2 \d\d:\d\d:\d\d\.\d{3}, which was kept .* less than 4 s/,
    );
    expect(third?.words.map(({ zh }) => zh).join('\n')).toContain('按这些规则，此评价不计入：间隔过短。');
  });

  it('says what rules that were written later have made of it, and that it waits while it waits', async () => {
    await set({}, {}, BASE - HOUR);
    await commit();
    await judge();
    await set({ pressIntervalMs: 0, changeOfMindMs: 0 });
    const waiting = await explain(3);
    expect([waiting.stored, waiting.byRules, waiting.standing]).toEqual(['too-soon', 'counted', 'waiting']);
    await judge();
    const told = await explain(3);
    expect([told.stored, told.byRules, told.standing]).toEqual(['counted', 'counted', 'same']);
    expect(told.later).toEqual([
      {
        ...{ node: 'all', version: 2, madeAt: BASE + 48 * HOUR, madeBy: 'cli:test', reason: '试用新规则' },
        ...{ before: 'too-soon', verdict: 'counted' },
      },
    ]);
  });

  it('goes by the rules of where its window stood when it was pressed', async () => {
    await set({}, {}, BASE - HOUR);
    await commit();
    await judge();
    await rig.ports.org.change(async (tx) => {
      await tx.addUnit({ id: 'other', parentId: null, name: '另一镇' });
      return tx.audited({ by: BY, action: 'unit.add', target: { kind: 'data' } }, undefined);
    });
    await set({ pressIntervalMs: 0, changeOfMindMs: 0 }, { unit: 'other' });
    expect((await explain(3)).standing).toBe('same');
    await rig.ports.org.change(async (tx) => {
      await tx.moveWindow('w1', 'other', BASE + HOUR);
      return tx.audited({ by: BY, action: 'window.move', target: { kind: 'data' } }, undefined);
    });
    const told = await explain(3);
    expect([told.stored, told.byRules, told.standing]).toEqual(['too-soon', 'too-soon', 'same']);
    expect(told.rules.versions).toMatchObject([{ node: 'all', version: 1 }]);
    await home.rows('DELETE FROM unjudged');
    await home.rows('UPDATE votes SET verdict = 3 WHERE seq = 4');
    const odd = await explain(4);
    expect([odd.stored, odd.byRules, odd.standing]).toEqual(['burst', 'counted', 'unknown']);
    await home.rows('UPDATE votes SET verdict = 0 WHERE seq = 4');
  });

  it('says that nothing explains what is stored, where nothing does', async () => {
    await set({}, {}, BASE - HOUR);
    await commit();
    await judge();
    await home.rows('UPDATE votes SET verdict = 3 WHERE seq = 4');
    const odd = await explain(4);
    expect([odd.stored, odd.byRules, odd.standing]).toEqual(['burst', 'counted', 'unknown']);
    await home.rows('UPDATE votes SET verdict = 0 WHERE seq = 4');
  });

  it('says who has excluded it, and who has taken that back; and how its time is known', async () => {
    await set({}, {}, BASE - HOUR);
    await commit();
    await judge();
    const span = { terminalId: 't-1', from: BASE + 50_000, to: BASE + 70_000 };
    const why = { reason: '设备试机', madeAt: BASE + HOUR, madeBy: 'cli:test' };
    await rig.act((tx) => tx.exclude({ id: 'x-1', ...span, ...why }));
    const none = { origin: null, originUnit: null, windowId: null };
    const told = await explain(4);
    expect([told.verdict, told.stored, told.byRules]).toEqual(['dismissed', 'counted', 'counted']);
    expect(told.exclusions).toEqual([{ id: 'x-1', ...span, ...none, ...why, endedAt: null }]);
    expect((await explain(3)).exclusions).toEqual([]);
    await rig.act((tx) => tx.endExclusion('x-1', BASE + 2 * HOUR));
    const again = await explain(4);
    expect([again.verdict, again.exclusions[0]?.endedAt]).toEqual(['counted', BASE + 2 * HOUR]);
    await rig.act((tx) => tx.redate('t-1', { from: BASE + 50_000, to: BASE + 70_000 }, 1_000));
    const redated = await explain(4);
    expect([redated.vote.at, redated.vote.claimedAt]).toEqual([BASE + 61_000, BASE + 60_000]);
    expect(redated.checks.find(({ rule }) => rule === 'burst')?.outcome).toBe('untimed');
    await judge();
  });

  it('says what two people have decided about it, with the rules beneath', async () => {
    await set({}, {}, BASE - HOUR);
    await commit();
    await judge();
    const reviews = createReviews({ store: rig.ports.reviews, now: () => BASE + HOUR });
    const by = (user: string) => ({ actor: { kind: 'cli', user } as const, origin: 'local' });
    const decide = async (decision: VoteDecision, second: number) => {
      const at = BASE + second * 1_000;
      const span = { windowKey: 1, from: at, to: at };
      const { id } = await reviews.raise(by('li'), { ...span, decision, reason: '提议' });
      await reviews.step(by('wang'), id, 'confirm', '看过录像');
      return {
        id,
        decision,
        proposedBy: 'cli:li',
        madeAt: BASE + HOUR,
        madeBy: 'cli:wang',
        reason: '看过录像',
      };
    };
    const dismissed = await decide('dismiss', 60);
    const told = await explain(4);
    expect([told.verdict, told.stored, told.byRules, told.standing]).toEqual([
      ...['dismissed', 'counted', 'counted', 'same'],
    ]);
    expect(told.reviews).toEqual([dismissed]);
    expect(told.words.map(({ en }) => en).join('\n')).toMatch(
      /cli:wang confirmed what cli:li had proposed \(r-[0-9a-f]+: 看过录像\): it does not count/,
    );
    const reinstated = await decide('reinstate', 4);
    const third = await explain(3);
    expect([third.verdict, third.stored, third.byRules, third.standing]).toEqual([
      ...['counted', 'too-soon', 'too-soon', 'same'],
    ]);
    expect(third.reviews).toEqual([reinstated]);
    await reviews.step(by('li'), dismissed.id, 'reopen', '弄错了');
    expect(await explain(4)).toMatchObject({ verdict: 'counted', reviews: [] });
  });

  it('is of no vote that is not there', async () => {
    await commit();
    const refused = { name: 'OrgRefusal', code: 'vote-unknown' };
    await expect(explain(99)).rejects.toMatchObject(refused);
    await expect(explain(1, 't-2')).rejects.toMatchObject(refused);
    await expect(explain(1, 'nobody')).rejects.toMatchObject(refused);
  });
});
