/** What was published stays what was published, in either database, whatever becomes of its votes; and says what has become of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { buildTree } from '../../gateway/domain/org.ts';
import { createTreeThen } from '../../gateway/domain/tree-then.ts';
import type { RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import { createPrivacyChanges } from '../../gateway/privacy/privacy-changes.ts';
import { createPublications } from '../../gateway/publications/publications.ts';
import { figuresOf } from '../../gateway/scores/node-history.ts';
import { openRuleBook } from '../../gateway/verdicts/rule-book.ts';
import { createRuleChanges } from '../../gateway/verdicts/rule-changes.ts';
import { createRulePreviews } from '../../gateway/verdicts/rule-preview.ts';
import { judgeStored } from '../../gateway/verdicts/stored-verdicts.ts';
import { figures } from '../support/figures.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';
import { plant } from '../support/tree.ts';

const ZONE = 'Asia/Shanghai';
const HOUR = 3_600_000;
const NOTHING = { satisfied: 0, basically: 0, unsatisfied: 0 };
const BY = { actor: { kind: 'cli', user: 'test' } as const, origin: 'local' as const };

describe.each(portHomes())('publications in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  let now: number;
  beforeEach(async () => {
    now = BASE + 72 * HOUR;
    home = await createHome();
    rig = await createReviewRig(home);
    await set({}, BASE - HOUR);
    await rig.commit({ votes: [press(1, 0, 2), press(2, 100), press(3, 102), press(4, 200)] });
    await judge();
  });
  afterEach(() => rig.end());

  const calendar = createCalendar(ZONE);
  const day = calendar.nameOf(calendar.dayOf(BASE));
  const press = (seq: number, second: number, rating: 0 | 1 | 2 = 0) =>
    voteRecord({ journalKey: rig.source, seq, rating, at: BASE + second * 1_000, mono: second * 1_000 });
  const tree = async () =>
    buildTree(await rig.ports.org.units(), await rig.ports.org.windows(), await rig.ports.org.terminals());
  const publications = () =>
    createPublications({
      ...{ store: rig.ports.publications, history: rig.ports.history, rules: rig.ports.rules },
      ...{ figures, privacy: rig.ports.privacy, timeZone: ZONE, tree, now: () => now },
      zonesOf: () => [{ from: 0, timeZone: ZONE }],
      treeThen: async () => createTreeThen(await rig.ports.org.versions()),
    });
  const set = (settings: Partial<RuleSettings>, at: number) =>
    createRuleChanges({
      publications: rig.ports.publications,
      store: rig.ports.rules,
      tree,
      timeZone: ZONE,
      now: () => at,
    }).add(BY, {
      ...{ settings, reason: '复核规则', replays: true, validFrom: day, validTo: day },
    });
  const preview = (settings: Partial<RuleSettings>) =>
    createRulePreviews({
      ...{ rules: rig.ports.rules, publications: rig.ports.publications, verdicts: rig.ports.verdicts },
      ...{ exclusions: rig.ports.review.exclusions, tree, timeZone: ZONE },
    }).preview({ settings, from: day, to: day });
  const judge = async () => {
    await rig.commit({ unjudged: [{ windowKey: 1, from: BASE, to: BASE + HOUR }] });
    const book = await openRuleBook({ rules: rig.ports.rules, timeZone: ZONE });
    const judging = judgeStored(book, { now: () => now, aheadMs: 0 });
    while (await rig.ports.verdicts.isWaiting()) await rig.ports.verdicts.judge(judging);
  };
  const asked = { unit: 'town', period: { period: day }, title: '十一月公报', reason: '月度公报' };
  const codeOf = (act: Promise<unknown>) =>
    act.then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );

  it('stay as they are after a replay and late votes, and say how far today is from them and why', async () => {
    const { id, sha256, madeAt } = await publications().publish(BY, asked);
    const before = await publications().show(id);
    expect(before.today).toEqual({
      ...{ differs: false, causes: [], total: null, windowsDiffering: 0, windows: [], rules: [] },
    });
    expect(before.body.total).toMatchObject({
      ...{ counts: { satisfied: 2, basically: 0, unsatisfied: 1 }, votes: 3 },
      pressed: { satisfied: 3, basically: 0, unsatisfied: 1 },
      discounted: { reasons: { 'too-soon': 1 } },
    });
    expect(before.body.windows.map(({ id: window, votes }) => [window, votes])).toEqual([
      ['w1', 3],
      ['w2', 0],
    ]);
    expect(before.body.ruleVersions).toMatchObject([{ nodeId: 'all', version: 1 }]);

    now += HOUR;
    const touched = [{ id, version: 1, title: '十一月公报', node: 'unit:town', period: day }];
    expect((await preview({ pressIntervalMs: 0, changeOfMindMs: 0 })).publications).toEqual(touched);
    const { publications: named } = await set({ pressIntervalMs: 0, changeOfMindMs: 0 }, now);
    expect(named).toEqual(touched);
    expect(await codeOf(publications().publish(BY, asked))).toBe('publication-unsettled');
    await judge();
    const replayed = await publications().show(id);
    expect(replayed).toEqual({ ...before, today: replayed.today });
    expect(replayed.today).toMatchObject({
      ...{ differs: true, causes: ['rules'], windowsDiffering: 1 },
      total: { published: { votes: 3, pressed: 4 }, today: { votes: 4, pressed: 4 } },
      windows: [{ id: 'w1', published: { rate: 2 / 3 }, today: { rate: 3 / 4 } }],
      rules: [{ node: 'all', version: 2, madeAt: now, madeBy: 'cli:test', reason: '复核规则' }],
    });
    await rig.commit({ votes: [press(5, 900)] });
    await rig.act((tx) =>
      tx.exclude({
        ...{ id: 'x-1', terminalId: 't-1', from: BASE, to: BASE + 1_000 },
        ...{ reason: '试机', madeAt: now, madeBy: 'cli:test' },
      }),
    );
    await judge();
    const late = await publications().show(id);
    expect(late.today?.causes).toEqual(['votes', 'people', 'rules']);
    expect([late.isIntact, late.sha256, late.madeAt, late.body]).toEqual([true, sha256, madeAt, before.body]);
  });

  it('are shown also where this machine does not know their time zone', async () => {
    const { id } = await publications().publish(BY, asked);
    const kept = await rig.ports.publications.find(id, 1);
    const head = JSON.parse(kept?.head ?? '');
    const elsewhere = { ...head, id: 'p-e1', period: { ...head.period, timeZone: 'Mars/Olympus' } };
    const given = { id: 'p-e1', version: 1, head: JSON.stringify(elsewhere), body: kept?.body ?? '' };
    await rig.ports.publications.change(async (tx) => {
      await tx.add({ ...given, sha256: 'unknown' });
      const target = { kind: 'publication', id: 'p-e1', version: 1 } as const;
      return tx.audited({ by: BY, action: 'publications.add', target, detail: {} }, undefined);
    });
    await set({ pressIntervalMs: 0, changeOfMindMs: 0 }, now + HOUR);
    const { today } = await publications().show('p-e1');
    expect(today?.rules).toMatchObject([{ node: 'all', version: 2 }]);
  });

  it('are corrected by a new version that names the old one, and withdrawn with a reason; both stay to be seen', async () => {
    const { id } = await publications().publish(BY, asked);
    await set({ pressIntervalMs: 0, changeOfMindMs: 0 }, now + 1);
    await judge();
    const corrected = await publications().correct(BY, id, '规则重放');
    expect(corrected).toMatchObject({ id, version: 2, corrects: 1, reason: '规则重放', title: '十一月公报' });
    expect((await publications().show(id)).body.total.votes).toBe(4);
    expect((await publications().show(id, 1)).body.total.votes).toBe(3);
    expect((await publications().show(id)).versions).toEqual([1, 2]);
    await publications().withdraw(BY, id, 1, '数据有误');
    const all = await publications().list();
    expect(all.map(({ version, withdrawal }) => [version, withdrawal?.reason ?? null])).toEqual([
      [2, null],
      [1, '数据有误'],
    ]);
    expect((await publications().show(id, 1)).body.total.votes).toBe(3);
    expect(await codeOf(publications().withdraw(BY, id, 1, '再次'))).toBe('publication-withdrawn');
    const lines = await home.rows<{ action: string; target: string; detail: string }>(
      `SELECT action, target, detail FROM audit WHERE action LIKE 'publications.%' ORDER BY seq`,
    );
    expect(lines.map(({ action, target }) => `${action} ${target}`)).toEqual([
      `publications.add publication:${id}/1`,
      `publications.add publication:${id}/2`,
      `publications.withdraw publication:${id}/1`,
    ]);
    expect(JSON.parse(lines[1]?.detail ?? '')).toMatchObject({ sha256: corrected.sha256, corrects: 1 });
  });

  it('are one for a place and a period, also by a correction of one that was withdrawn', async () => {
    const { id } = await publications().publish(BY, asked);
    await publications().withdraw(BY, id, 1, '数据有误');
    const second = await publications().publish(BY, asked);
    expect(await codeOf(publications().correct(BY, id, '更正'))).toBe('publication-exists');
    expect(await publications().correct(BY, second.id, '更正')).toMatchObject({ id: second.id, version: 2 });
    expect((await publications().list()).filter(({ withdrawal }) => withdrawal === null)).toHaveLength(2);
  });

  it('are refused where they would be something else tomorrow, and where there is nothing to publish', async () => {
    const today = calendar.nameOf(calendar.dayOf(now));
    expect(await codeOf(publications().publish(BY, { ...asked, period: { period: today } }))).toBe(
      'publication-open',
    );
    expect(await codeOf(publications().publish(BY, { ...asked, period: { period: '2026-99' } }))).toBe(
      'period-unknown',
    );
    expect(await codeOf(publications().publish(BY, { ...asked, unit: 'nowhere' }))).toBe('unit-unknown');
    expect(await codeOf(publications().publish(BY, { ...asked, reason: '\u0007' }))).toBe('reason-invalid');
    expect(await codeOf(publications().show('p-00'))).toBe('publication-unknown');
    const { id } = await publications().publish(BY, asked);
    expect(await codeOf(publications().show(id, 7))).toBe('publication-unknown');
    expect(await codeOf(publications().withdraw(BY, id, 7, '数据有误'))).toBe('publication-unknown');
    const version = { id, version: 1, head: '{}', body: '{}', sha256: '' };
    const twice = rig.ports.publications.change(async (tx) => {
      await tx.add(version);
      return tx.audited({ by: BY, action: 'test', target: { kind: 'data' } }, undefined);
    });
    expect(await codeOf(twice)).toBe('publication-version-taken');
  });

  const shownCounts = (day: number, windowKey: number, satisfied: number, unsatisfied: number) => {
    const counts = { satisfied, basically: 0, unsatisfied };
    return { windowKey, day, taken: counts, shown: counts };
  };
  const move = (window: string, unit: string, at: number) =>
    rig.ports.org.change(async (tx) => {
      await tx.moveWindow(window, unit, at);
      return tx.audited({ by: BY, action: 'window.move', target: { kind: 'data' } }, undefined);
    });

  it('list the windows that stood there then, called as they were, with what was pressed meanwhile: they sum to the total', async () => {
    await plant(rig.ports, {
      units: [{ id: 'hall', name: '大厅' }],
      windows: [{ id: 'w3', unitId: 'hall', name: '3号窗口' }],
    });
    await move('w1', 'hall', BASE + HOUR);
    await rig.commit({ votes: [press(5, 2 * 3_600, 2), press(6, 2 * 3_700)] });
    await move('w1', 'town', BASE + 3 * HOUR);
    await rig.commit({ votes: [press(7, 4 * 3_600, 1)] });
    await move('w3', 'town', BASE + 50 * HOUR);
    await rig.ports.org.change(async (tx) => {
      await tx.renameWindow('w1', '改名窗口', BASE + 50 * HOUR);
      return tx.audited({ by: BY, action: 'window.rename', target: { kind: 'data' } }, undefined);
    });
    await judge();
    const townKey = (await tree()).unitById.get('town')?.key ?? 0;
    const { id } = await publications().publish(BY, asked);
    const { body, head, today } = await publications()
      .show(id)
      .then(({ body, today, ...head }) => ({ body, head, today }));
    const { from, to } = head.period;
    expect(body.windows.map(({ id: window, name, path, votes }) => [window, name, path, votes])).toEqual([
      ['w1', '1号窗口', ['云岭镇'], 4],
      ['w2', '2号窗口', ['云岭镇'], 0],
    ]);
    const [moved, stayed] = body.windows;
    expect([moved?.stood, stayed?.stood]).toEqual([
      [
        { from, to: BASE + HOUR },
        { from: BASE + 3 * HOUR, to },
      ],
      null,
    ]);
    for (const rating of ['satisfied', 'basically', 'unsatisfied'] as const)
      for (const of of ['counts', 'pressed'] as const)
        expect(body.total[of][rating]).toBe(
          body.windows.reduce((sum, window) => sum + window[of][rating], 0),
        );
    const [sums = []] = await rig.ports.history.sums({ unitKey: townKey }, [from, to]);
    expect(body.total).toEqual(figuresOf(sums, body.figures));
    expect(today?.differs).toBe(false);
    // The same figures have the same revision, whoever makes them.
    expect((await publications().show((await publications().correct(BY, id, '再做')).id)).body).toEqual(body);
    await rig.commit({ votes: [press(8, 2 * 3_650)] });
    await judge();
    expect((await publications().show(id)).today?.differs).toBe(false);
    const hall = await publications().publish(BY, { ...asked, unit: 'hall' });
    expect((await publications().show(hall.id)).body.windows.map((one) => [one.id, one.votes])).toEqual([
      ['w1', 3],
      ['w3', 0],
    ]);
  });

  it('are told to whoever is bound to a unit of their own alone, and by what was shown at the counter until then', async () => {
    await plant(rig.ports, {
      units: [
        { id: 'city', name: '云岭市' },
        { id: 'hall', name: '大厅', parentId: 'city' },
      ],
    });
    const dayNumber = calendar.dayOf(BASE);
    const step = { windows: [1, 2].map((windowKey) => ({ windowKey, dark: NOTHING, steppedAt: BASE })) };
    const days = [shownCounts(dayNumber, 1, 2, 0), shownCounts(dayNumber + 1, 1, 9, 9)];
    await rig.ports.privacy.keep(null, { ...step, days, steps: [] }, []);
    const { id, sha256 } = await publications().publish(BY, asked);
    const hour = { ...asked, period: { period: `${day}T12` } };
    const ofHour = await publications().publish(BY, hour);
    const town = { unitId: 'town', isHeldBack: true };
    const whole = await publications().show(id);
    const told = await publications().show(id, undefined, town);
    expect(told).toMatchObject({ today: null, sha256: null, isIntact: true });
    expect(told.body).toMatchObject({
      privacy: 'steps',
      ruleVersions: [],
      total: {
        votes: 2,
        counts: { satisfied: 2, unsatisfied: 0 },
        pressed: { satisfied: 2 },
        excluded: null,
      },
      windows: [
        { id: 'w1', votes: 2, discounted: null },
        { id: 'w2', votes: 0 },
      ],
    });
    // Nothing of what was held back then, and no hash of it that could be tried.
    const { body: wholeBody } = whole;
    for (const hidden of [sha256 ?? '', wholeBody.revision])
      expect(JSON.stringify(told)).not.toContain(hidden);
    expect((await publications().list(town)).map((one) => [one.id, one.sha256])).toEqual([
      [ofHour.id, null],
      [id, null],
    ]);
    expect(await codeOf(publications().show(ofHour.id, undefined, town))).toBe('period-withheld');
    // What is shown later, or comes later, changes nothing of it.
    await rig.ports.privacy.keep(null, { ...step, days: [shownCounts(dayNumber, 1, 2, 5)], steps: [] }, []);
    await rig.commit({ votes: [press(5, 900, 2)] });
    await judge();
    expect(await publications().show(id, undefined, town)).toEqual(told);
    const elsewhere = { unitId: 'hall', isHeldBack: true };
    expect(await publications().list(elsewhere)).toEqual([]);
    expect(await codeOf(publications().show(id, undefined, elsewhere))).toBe('publication-unknown');
    // Where nothing is held back they see it as it is; not the rules, which are of the whole tree.
    const open = await publications().show(id, undefined, { unitId: 'town', isHeldBack: false });
    expect(open).toEqual({
      ...(await publications().show(id)),
      body: { ...wholeBody, ruleVersions: [] },
      today: { ...open.today, rules: [] },
    });
    expect(open.today?.differs).toBe(true);
  });

  const showInSteps = (unit: string, isOn: boolean, at: number) =>
    createPrivacyChanges({ store: rig.ports.privacy, tree, now: () => at }).set(BY, {
      ...{ unit, settings: { isOn }, reason: '柜台隐私' },
    });
  const heldBack = { unitId: 'town', isHeldBack: true };
  const toldAs = async (id: string, version?: number) => codeOf(publications().show(id, version, heldBack));

  it('are withheld at the counter once a window has moved, where its exact counts would be told: also by a correction', async () => {
    await plant(rig.ports, { units: [{ id: 'hall', name: '大厅' }] });
    await showInSteps('hall', false, BASE - HOUR);
    const { id } = await publications().publish(BY, asked);
    expect(await toldAs(id)).toBe('done');
    await move('w1', 'hall', BASE + 50 * HOUR);
    expect(await toldAs(id)).toBe('period-withheld');
    await publications().correct(BY, id, '更正');
    expect(await toldAs(id, 2)).toBe('period-withheld');
    expect((await publications().show(id, 2)).body.shown).toBeNull();
    // What was told before it moved may be told again, and nothing that was made meanwhile.
    await move('w1', 'town', BASE + 60 * HOUR);
    expect([await toldAs(id, 1), await toldAs(id, 2)]).toEqual(['done', 'period-withheld']);
    await publications().correct(BY, id, '再次更正');
    expect(await toldAs(id, 3)).toBe('period-withheld');
  });

  it('are withheld at the counter where a window stood there for a part of the period', async () => {
    await plant(rig.ports, { units: [{ id: 'hall', name: '大厅' }] });
    await showInSteps('hall', false, BASE - HOUR);
    await move('w1', 'hall', BASE + HOUR);
    const { id } = await publications().publish(BY, asked);
    expect(await toldAs(id)).toBe('period-withheld');
    expect((await publications().show(id)).body.shown).toBeNull();
  });

  it('are withheld at the counter where votes were not shown in steps since before the period, rather than told as nothing', async () => {
    await showInSteps('town', false, BASE + 30 * HOUR);
    await showInSteps('town', true, BASE + 40 * HOUR);
    const { id } = await publications().publish(BY, asked);
    expect(await toldAs(id)).toBe('period-withheld');
    expect((await publications().show(id)).body.shown).toBeNull();
    await publications().withdraw(BY, id, 1, '数据有误');
    await showInSteps('town', true, BASE - 48 * HOUR);
    expect(await toldAs((await publications().publish(BY, asked)).id)).toBe('done');
  });

  it('that somebody has altered, made up or removed are found by the check', async () => {
    const faults = async () => {
      const check = home.openCheck();
      const { numbers } = await check.check(() => {});
      await check.close();
      return (numbers ?? []).map(({ what, rows }) => `${rows} ${what}`);
    };
    const { id, sha256 } = await publications().publish(BY, asked);
    expect(await faults()).toEqual([]);
    await home.rows(`UPDATE publications SET body = replace(body, '"votes":3', '"votes":9')`);
    expect(await faults()).toEqual(['1 published figures that were changed after they were published']);
    expect((await publications().show(id)).isIntact).toBe(false);
    await home.rows(`UPDATE publications SET body = replace(body, '"votes":9', '"votes":3')`);
    expect(await faults()).toEqual([]);
    await home.rows(`UPDATE publications SET sha256 = '${'0'.repeat(64)}'`);
    expect(await faults()).toHaveLength(1);
    await home.rows(`UPDATE publications SET sha256 = '${sha256}', version = 3`);
    expect(await faults()).toEqual([
      '1 published figures that are not those that the audit names',
      '1 published figures that the audit names and that are gone',
    ]);
  });
});
