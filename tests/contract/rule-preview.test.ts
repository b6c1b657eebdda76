/** A preview of rules says, of either database, what then comes of setting them; and writes nothing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { buildTree } from '../../gateway/domain/org.ts';
import type { RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import { openRuleBook } from '../../gateway/verdicts/rule-book.ts';
import { createRuleChanges } from '../../gateway/verdicts/rule-changes.ts';
import { createRulePreviews } from '../../gateway/verdicts/rule-preview.ts';
import { judgeStored } from '../../gateway/verdicts/stored-verdicts.ts';
import { VERDICTS } from '../../protocol/verdict.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';
import { plant } from '../support/tree.ts';

const ZONE = 'Asia/Shanghai';
const HOUR = 3_600_000;
const BY = { actor: { kind: 'cli', user: 'test' } as const, origin: 'local' as const };
const settings: Partial<RuleSettings> = { pressIntervalMs: 8_000, changeOfMindMs: 2_000 };

describe.each(portHomes())('a preview of rules in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
    await rig.commit({ votes: presses() });
  });
  afterEach(() => rig.end());

  const calendar = createCalendar(ZONE);
  const day = (at: number) => calendar.nameOf(calendar.dayOf(at));
  const [from, to] = [day(BASE - 24 * HOUR), day(BASE + 24 * HOUR)];
  /** Some thousand within six hours, pressed at gaps that are drawn. */
  const presses = () => {
    let [at, state] = [BASE, 7];
    return Array.from({ length: 5_000 }, (_, index) => {
      state = (state * 48_271) % 2_147_483_647;
      at += (state % 9_000) + 100;
      return voteRecord({
        ...{ journalKey: rig.source, seq: index + 1, at, mono: at - BASE },
        rating: (state % 3) as 0 | 1 | 2,
      });
    });
  };
  const treeOf = async () =>
    buildTree(await rig.ports.org.units(), await rig.ports.org.windows(), await rig.ports.org.terminals());
  const previews = () =>
    createRulePreviews({
      publications: rig.ports.publications,
      ...{ rules: rig.ports.rules, verdicts: rig.ports.verdicts, exclusions: rig.ports.review.exclusions },
      ...{ tree: treeOf, timeZone: ZONE },
    });
  const changes = () =>
    createRuleChanges({
      publications: rig.ports.publications,
      store: rig.ports.rules,
      tree: treeOf,
      timeZone: ZONE,
      now: () => BASE + 72 * HOUR,
    });

  it('is what comes of it', async () => {
    await rig.act((tx) =>
      tx.exclude({
        ...{ id: 'e-1', terminalId: 't-1', from: BASE + HOUR, to: BASE + 2 * HOUR },
        ...{ reason: '试机', madeAt: BASE, madeBy: 'cli:test' },
      }),
    );
    const shares: number[] = [];
    const preview = await previews().preview({ from, to, settings }, (share) => shares.push(share));
    expect(shares.at(-1)).toBe(1);
    expect(preview.before.reasons).toEqual({});
    expect(Object.keys(preview.after.reasons)).toEqual(expect.arrayContaining(['too-soon', 'superseded']));
    expect(preview.votes).toBeLessThan(5_000);
    expect(preview.rows.find(({ kind }) => kind === 'window')).toMatchObject({
      changed: preview.changed,
      after: preview.after,
    });
    expect(await rig.ports.rules.versions()).toEqual([]);
    expect(await rig.ports.verdicts.isWaiting()).toBe(false);

    await changes().add(BY, { validFrom: from, validTo: to, settings, replays: true, reason: '试' });
    const book = await openRuleBook({ rules: rig.ports.rules, timeZone: ZONE });
    const judging = judgeStored(book, { now: Date.now, aheadMs: 0 });
    while (await rig.ports.verdicts.isWaiting()) await rig.ports.verdicts.judge(judging);
    const kept = await home.rows<{ verdict: number; votes: number }>(
      'SELECT verdict, sum(satisfied + basically + unsatisfied) AS votes FROM discounted GROUP BY verdict',
    );
    const reasons = Object.fromEntries(kept.map(({ verdict, votes }) => [VERDICTS[verdict], Number(votes)]));
    expect(preview.after.reasons).toEqual(reasons);

    const again = await previews().preview({ from, to, settings });
    expect(again).toMatchObject({ changed: 0, rows: [], before: preview.after, after: preview.after });
  });

  it('is of the windows that stood there then, as setting them is', async () => {
    await plant(rig.ports, { units: [{ id: 'elsewhere', name: '别处' }] });
    await rig.ports.org.change(async (tx) => {
      await tx.moveWindow('w1', 'elsewhere', BASE + 60 * HOUR);
      return tx.audited({ by: BY, action: 'window.move', target: { kind: 'data' } }, undefined);
    });
    const asked = { from, to: day(BASE + 12 * HOUR), settings };
    const before = await previews().preview({ ...asked, unit: 'town' });
    expect([before.votes, before.windows]).toEqual([5_000, 2]);
    expect(before.changed).toBeGreaterThan(100);
    expect(await previews().preview({ ...asked, unit: 'elsewhere' })).toMatchObject({ votes: 0, windows: 0 });
    const { from: validFrom, to: validTo } = asked;
    const set = (unit: string) =>
      changes().add(BY, { unit, validFrom, validTo, settings, replays: true, reason: '试' });
    expect((await set('elsewhere')).windowsJudgedAgain).toBe(0);
    expect((await set('town')).windowsJudgedAgain).toBe(2);
  });

  it('is refused for what contradicts itself, is nowhere, or is too much', async () => {
    const refused = (asked: object) =>
      previews()
        .preview({ from, to, settings, ...asked })
        .then(
          () => 'given',
          ({ code }) => code,
        );
    expect(await refused({ settings: { pressIntervalMs: -1 } })).toBe('rule-invalid');
    expect(await refused({ settings: { changeOfMindMs: 60_000 } })).toBe('rule-unreachable');
    expect(await refused({ from: to, to: from })).toBe('rule-span-reversed');
    expect(await refused({ from: '2026-02-30' })).toBe('rule-date-invalid');
    expect(await refused({ window: 'nowhere' })).toBe('window-unknown');
    expect(await refused({ from: '1600-01-01', to: '9999-01-01' })).toBe('preview-too-large');
    const one = previews();
    const both = await Promise.allSettled([
      one.preview({ from, to, settings }),
      one.preview({ from, to, settings }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { code: 'preview-busy' } });
  });
});
