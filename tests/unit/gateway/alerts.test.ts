/** What opens an alert, keeps it open and ends it, without a store. */
import { describe, expect, it } from 'vitest';
import { alertFaults } from '../../../gateway/domain/alerts/alert-faults.ts';
import { DEFAULT_ALERTS, type SilentRule } from '../../../gateway/domain/alerts/alert-settings.ts';
import { causeOf, type Found } from '../../../gateway/domain/alerts/found.ts';
import { type OpenAlert, planAlerts } from '../../../gateway/domain/alerts/plan.ts';
import { tellAt } from '../../../gateway/domain/alerts/quiet-hours.ts';
import { judgeRate } from '../../../gateway/domain/alerts/rate.ts';
import { expectedOf, heightForWanted } from '../../../gateway/domain/alerts/rising.ts';
import { findSilence, type WatchedTerminal } from '../../../gateway/domain/alerts/silence.ts';
import { createZonedTime } from '../../../gateway/domain/zoned-time.ts';
import { ALERT_KINDS } from '../../../protocol/alert.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 9, 16, 2);

describe('rules of alerts', () => {
  const rising = { usual: 0.05, watched: 0.15, height: 22, closesAt: 0, isUrgent: false };
  it.each([
    ['rising', { rising: { ...rising, watched: 0.05 } }, 'alert-rule-invalid'],
    ['rising.height', { rising: { ...rising, height: 0.5 } }, 'alert-rule-invalid'],
    ['rising.closesAt', { rising: { ...rising, closesAt: 12 } }, 'alert-rule-flaps'],
    [
      'silent.outageEndsShare',
      { silent: { ...(DEFAULT_ALERTS.silent as SilentRule), outageEndsShare: 0.6 } },
      'alert-rule-flaps',
    ],
    ['pending.afterMinutes', { pending: { afterMinutes: Infinity, isUrgent: false } }, 'alert-rule-invalid'],
    ['quiet', { quiet: { from: '25:00', to: '07:00' } }, 'hours-time-invalid'],
    ['quiet', { quiet: { from: '07:00', to: '07:00' } }, 'hours-empty'],
  ])('are refused with a code and a place: %s', (field, settings, code) => {
    expect(alertFaults(settings).map((fault) => [fault.field, fault.code])).toEqual([[field, code]]);
  });

  it('are right as they are where nobody has said anything', () => {
    expect(alertFaults({ ...DEFAULT_ALERTS, rising })).toEqual([]);
  });

  it('say what they are to be expected to do, by the published figures', () => {
    const expected = expectedOf({ ...rising }, 6_231 * 30);
    expect(expected.rise).toBe(11);
    expect(expected.votesToFalseAlarm).toBeCloseTo(259.4, 1);
    expect(expected.votesToAlarm).toBeCloseTo(27.4, 1);
    expect(expected.falseAlarmsADay).toBeCloseTo((6_231 * 30) / 259.4, 0);
    const height = heightForWanted(rising, 6_231 * 30, 5);
    expect(expectedOf({ ...rising, height }, 6_231 * 30).falseAlarmsADay).toBeLessThanOrEqual(5);
    expect(expectedOf({ ...rising, height: height - 1 }, 6_231 * 30).falseAlarmsADay).toBeGreaterThan(5);
    // What closes early opens sooner again.
    expect(expectedOf({ ...rising, closesAt: 11 }, 100).falseAlarmsADay).toBeGreaterThan(
      expectedOf(rising, 100).falseAlarmsADay,
    );
  });
});

describe('terminals that are silent', () => {
  const units = [
    { id: 'city', parentId: null },
    { id: 'east', parentId: 'city' },
    { id: 'west', parentId: 'city' },
  ];
  const rule = DEFAULT_ALERTS.silent as SilentRule;
  const terminal = (
    unit: string,
    number: number,
    state: WatchedTerminal['state'],
    since = NOW - 20 * MINUTE,
  ): WatchedTerminal => ({
    ...{ id: `${unit}-${number}`, unitIds: [unit, 'city'], rule, state, since },
    silentMs: state === 'silent' ? NOW - since : 0,
  });
  const find = (terminals: WatchedTerminal[], ...open: string[]) => {
    const { found, covered } = findSilence(
      terminals,
      units,
      () => rule,
      (cause) => open.includes(cause),
    );
    const holding = found.filter(({ state }) => state === 'holds').map(({ node }) => node);
    return { found, covered, opens: holding.filter((node) => !covered.has(`terminal-silent/${node}`)) };
  };
  const numbers = [1, 2, 3, 4, 5];
  const there = (unit: string) => numbers.map((number) => terminal(unit, number, 'there'));

  it('are an alert each where others speak', () => {
    const some = [...there('east'), terminal('west', 1, 'silent'), terminal('west', 2, 'there')];
    expect(find(some).opens).toEqual(['terminal:west-1']);
  });

  it('are none before their time, and none while their windows are closed', () => {
    const early = terminal('west', 1, 'silent', NOW - 14 * MINUTE);
    expect(find([early, ...there('east')]).opens).toEqual([]);
    expect(find([terminal('west', 1, 'unexpected'), ...there('east')]).opens).toEqual([]);
  });

  it('are one outage of their unit when most fall silent within minutes, also those that are not silent for long yet', () => {
    const west = [
      ...[1, 2, 3].map((number) => terminal('west', number, 'silent', NOW - (12 + number) * MINUTE)),
      ...[4, 5].map((number) => terminal('west', number, 'there')),
    ];
    const { opens, covered, found } = find([...there('east'), ...west]);
    expect(opens).toEqual(['unit:west']);
    expect(covered.size).toBe(3);
    expect(found.find(({ node }) => node === 'unit:west')).toMatchObject({
      begin: NOW - 15 * MINUTE,
      detail: { terminals: 5, silent: 3 },
    });
  });

  it('are no outage when they went one after another over the day', () => {
    const west = numbers.map((number) => terminal('west', number, 'silent', NOW - number * 30 * MINUTE));
    expect(find([...there('east'), ...there('east'), ...west]).opens).toHaveLength(5);
  });

  it('are one outage of all where all are away, and none of the units within', () => {
    const all = ['east', 'west'].flatMap((unit) => numbers.map((number) => terminal(unit, number, 'silent')));
    const { opens, covered } = find(all, 'terminal-silent/unit:west');
    expect(opens).toEqual(['unit:city']);
    expect(covered).toContain('terminal-silent/unit:west');
  });

  it('stay an outage until few are left, and these are alerts of their own then', () => {
    const west = (silent: number) =>
      numbers.map((number) => terminal('west', number, number <= silent ? 'silent' : 'there'));
    const open = 'terminal-silent/unit:west';
    const stays = find([...there('east'), ...west(2)], open);
    expect(stays.opens).toEqual([]);
    expect(stays.found.some(({ node }) => node === 'unit:west')).toBe(true);
    const ends = find([...there('east'), ...west(1)], open);
    expect(ends.opens).toEqual(['terminal:west-1']);
    expect(ends.found.some(({ node }) => node === 'unit:west')).toBe(false);
  });

  it('say nothing of an outage that has begun when the windows have closed', () => {
    const west = numbers.map((number) => terminal('west', number, 'unexpected'));
    const { found, opens } = find(west, 'terminal-silent/unit:west');
    expect(opens).toEqual([]);
    expect(found.find(({ node }) => node === 'unit:west')?.state).toBe('between');
  });
});

describe('a rate', () => {
  const goal = { target: 0.85, minimum: 30, confidence: 0.95, closesAbove: 0.02 };
  const counts = (satisfied: number, unsatisfied: number) => ({ satisfied, basically: 0, unsatisfied });
  it.each([
    ['proved to be under the target', counts(60, 40), 'holds'],
    ['that only looks so', counts(81, 19), 'ended'],
    ['with too few votes', counts(2, 20), 'between'],
    ['without any', counts(0, 0), 'between'],
    ['whose proof is just gone', counts(80, 20), 'between'],
  ])('%s', (_what, votes, state) => {
    expect(judgeRate(votes, goal).state).toBe(state);
  });
});

describe('a plan', () => {
  const cause = { kind: 'votes-pending', node: 'window:w1' } as const;
  const found = (change: Partial<Found> = {}): Found => ({
    ...{ ...cause, unitId: 'city', state: 'holds', begin: 10, last: 10, times: 1 },
    ...{ isUrgent: false, detail: {}, ...change },
  });
  const alert: OpenAlert = { id: 'a-1', ...cause, begin: 10, last: 10, times: 1 };
  const plan = (open: OpenAlert[], some: Found[], more: { settled?: number; covered?: boolean } = {}) =>
    planAlerts(open, {
      found: some,
      kinds: new Set(ALERT_KINDS),
      covered: new Set(more.covered ? [causeOf(cause)] : []),
      settled: new Map(more.settled === undefined ? [] : [[causeOf(cause), more.settled]]),
    }).map((step) => (step.do === 'close' ? step.why : step.do));

  it('opens one alert a cause, counts up, and closes what has ended', () => {
    expect(plan([], [found()])).toEqual(['open']);
    expect(plan([alert], [found()])).toEqual([]);
    expect(plan([alert], [found({ times: 2 })])).toEqual(['again']);
    expect(plan([alert], [])).toEqual(['ended']);
  });

  it('does neither for what is in between', () => {
    expect(plan([], [found({ state: 'between' })])).toEqual([]);
    expect(plan([alert], [found({ state: 'between' })])).toEqual([]);
  });

  it('leaves closed what a person has closed, until it has begun anew', () => {
    expect(plan([], [found()], { settled: 10 })).toEqual([]);
    expect(plan([], [found({ begin: 11 })], { settled: 10 })).toEqual(['open']);
  });

  it('makes what is part of a greater one a part of that', () => {
    expect(plan([alert], [found()], { covered: true })).toEqual(['in-outage']);
    expect(plan([], [found()], { covered: true })).toEqual([]);
  });

  it('says nothing of kinds that were not looked for', () => {
    const looked = { found: [], covered: new Set<string>(), settled: new Map<string, number>() };
    expect(planAlerts([alert], { ...looked, kinds: new Set() })).toEqual([]);
  });
});

describe('quiet hours', () => {
  const shanghai = createZonedTime('Asia/Shanghai');
  const at = (text: string) => Date.parse(text);
  const quiet = { from: '20:00', to: '07:00' };
  it.each([
    ['2026-10-16T19:59:59+08:00', '2026-10-16T19:59:59+08:00'],
    ['2026-10-16T20:00:00+08:00', '2026-10-17T07:00:00+08:00'],
    ['2026-10-17T06:59:59+08:00', '2026-10-17T07:00:00+08:00'],
    ['2026-10-17T07:00:00+08:00', '2026-10-17T07:00:00+08:00'],
  ])('what opens at %s is told at %s', (opened, told) => {
    expect(tellAt(at(opened), quiet, shanghai)).toBe(at(told));
  });

  it('may be within a day, or none', () => {
    const lunch = { from: '12:00', to: '13:30' };
    expect(tellAt(at('2026-10-16T12:10:30+08:00'), lunch, shanghai)).toBe(at('2026-10-16T13:30:00+08:00'));
    expect(tellAt(at('2026-10-16T23:00:00+08:00'), null, shanghai)).toBe(at('2026-10-16T23:00:00+08:00'));
  });

  it('end by the clock also in the night that it is changed', () => {
    const berlin = createZonedTime('Europe/Berlin');
    expect(tellAt(at('2026-10-24T22:00:00+02:00'), quiet, berlin)).toBe(at('2026-10-25T07:00:00+01:00'));
    expect(tellAt(at('2026-03-28T22:00:00+01:00'), quiet, berlin)).toBe(at('2026-03-29T07:00:00+02:00'));
  });
});
