/** Rules of alarms and how often they are wrong; few votes beside their siblings; what chance alone does. */
import { describe, expect, it } from 'vitest';
import { addMoment, NO_VOTES } from '../../../gateway/domain/alerts/window-votes.ts';
import { binomialUpperTail } from '../../../gateway/domain/statistics/binomial.ts';
import {
  falseAlarmsADay,
  heightFor,
  riseFor,
  votesToAlarm,
} from '../../../gateway/domain/statistics/cusum.ts';
import {
  countLimits,
  funnelLimit,
  funnelLimits,
  funnelPlace,
  OVERDISPERSED,
  overDispersion,
} from '../../../gateway/domain/statistics/funnel.ts';
import { stepsToHeight } from '../../../gateway/domain/statistics/run-length.ts';
import { priorOf, shrunkShare } from '../../../gateway/domain/statistics/shrinkage.ts';
import { votesToSlidingAlarm } from '../../../gateway/domain/statistics/sliding-rule.ts';

const refusedWith = (code: string) => expect.objectContaining({ name: 'StatisticsRefusal', code });
/** 6,231 windows of 30 votes. */
const VOTES_A_DAY = 6_231 * 30;

describe('a CUSUM', () => {
  it.each([
    [0.05, 0.15, 11],
    [0.1, 0.25, 6],
  ])('from %d to %d rises by %d', (usual, watched, rise) => {
    expect(riseFor(usual, watched)).toBe(rise);
  });

  it.each([
    [11, 22, 0.05, '259.4'],
    [11, 22, 0.15, '27.4'],
    [11, 22, 0.3, '10.6'],
    [6, 24, 0.1, '1512.6'],
    [6, 24, 0.25, '41.0'],
  ])('of rise %d and height %d takes, at %d, %s votes', (rise, height, share, votes) => {
    expect(votesToAlarm({ rise, height }, share).toFixed(1)).toBe(votes);
  });

  it('takes fewer from a head start, and one unsatisfied vote where that is enough', () => {
    expect(votesToAlarm({ rise: 11, height: 22 }, 0.15, 11)).toBeLessThan(27);
    expect(votesToAlarm({ rise: 11, height: 10 }, 0.05)).toBeCloseTo(20, 12);
  });

  it("is Lucas's Poisson CUSUM in quarters, k = 0.25, h = 10: 438 samples, 333 from a head start", () => {
    // Lucas, Counted data CUSUM's, Technometrics 27 (1985) 129–144: each count Y adds 4Y − 1 quarters.
    const mean = 0.25;
    let probability = Math.exp(-mean);
    const jumps = Array.from({ length: 30 }, (_none, at) => {
      probability *= mean / (at + 1);
      return { up: 4 * (at + 1) - 1, probability };
    });
    const steps = stepsToHeight(Math.exp(-mean), jumps, 40);
    expect(steps[0]?.toFixed(0)).toBe('438');
    expect(steps[20]?.toFixed(0)).toBe('333');
  });

  it('adds a vote at a time, never below 0, and stays at the height while there is cause', () => {
    const rules = { sum: { rise: 11, height: 22, closesAt: 0 }, singleMs: null };
    let folded = NO_VOTES;
    const sumAfter = (...votes: boolean[]) => {
      for (const unsatisfied of votes) {
        const moment = {
          at: folded.lastAt + 1,
          unsatisfied: Number(unsatisfied),
          others: Number(!unsatisfied),
        };
        folded = addMoment({ ...folded, lastAt: Math.max(0, folded.lastAt) }, moment, rules);
      }
      return [folded.sum, folded.rising !== null];
    };
    expect(sumAfter(false)).toEqual([0, false]);
    expect(sumAfter(true)).toEqual([10, false]);
    expect(sumAfter(false, true)).toEqual([19, false]);
    expect(sumAfter(true)).toEqual([22, true]);
    expect(sumAfter(true, false)).toEqual([21, true]);
    expect(sumAfter(...Array<boolean>(21).fill(false))).toEqual([0, false]);
  });

  it('has the height of a wanted number of false alarms a day', () => {
    const alarms = (height: number) => falseAlarmsADay(VOTES_A_DAY, votesToAlarm({ rise: 11, height }, 0.05));
    expect(alarms(66).toFixed(0)).toBe('5');
    const height = heightFor({ rise: 11, usual: 0.05 }, { votesADay: VOTES_A_DAY, alarmsADay: 1 });
    expect(alarms(height)).toBeLessThanOrEqual(1);
    expect(alarms(height - 1)).toBeGreaterThan(1);
    expect(heightFor({ rise: 11, usual: 0.05 }, { votesADay: 10, alarmsADay: 1_000 })).toBe(1);
  });

  it.each([
    ['less to watch for', () => riseFor(0.15, 0.05), 'alarm-rule-invalid'],
    ['nothing to watch for', () => riseFor(0.05, 0.05), 'alarm-rule-invalid'],
    ['mostly unsatisfied votes', () => riseFor(0.6, 0.9), 'alarm-rule-invalid'],
    ['a usual share of none', () => riseFor(0, 0.1), 'level-invalid'],
    ['a rise of one', () => votesToAlarm({ rise: 1, height: 5 }, 0.1), 'alarm-rule-invalid'],
    ['no height', () => votesToAlarm({ rise: 5, height: 0 }, 0.1), 'alarm-rule-invalid'],
    ['a height without end', () => votesToAlarm({ rise: 5, height: 1e6 }, 0.1), 'alarm-rule-invalid'],
    ['half a height', () => votesToAlarm({ rise: 5, height: 2.5 }, 0.1), 'alarm-rule-invalid'],
    ['a start at its height', () => votesToAlarm({ rise: 5, height: 9 }, 0.1, 9), 'alarm-rule-invalid'],
    ['a share of all', () => votesToAlarm({ rise: 5, height: 9 }, 1), 'level-invalid'],
    [
      'no false alarm ever',
      () => heightFor({ rise: 11, usual: 0.05 }, { votesADay: 10, alarmsADay: 0 }),
      'alarm-rule-invalid',
    ],
    [
      'few false alarms of what always rises',
      () => heightFor({ rise: 11, usual: 0.5 }, { votesADay: 1e9, alarmsADay: 1 }),
      'alarm-rule-invalid',
    ],
  ])('is refused for %s', (_what, ask, code) => {
    expect(ask).toThrow(refusedWith(code));
  });
});

describe('a sliding rule', () => {
  it.each([
    [2, 4, 0.1, '46.9'],
    [2, 4, 0.05, '160.2'],
    [3, 6, 0.1, '166.4'],
  ])('of %d of the last %d takes, at %d, %s votes', (bad, among, share, votes) => {
    expect(votesToSlidingAlarm({ bad, among }, share).toFixed(1)).toBe(votes);
  });

  it('of one vote, and of all in a row, is what anybody can compute', () => {
    for (const p of [0.01, 0.3, 0.9])
      for (const among of [1, 2, 5, 10]) {
        expect(votesToSlidingAlarm({ bad: 1, among }, p) * p).toBeCloseTo(1, 12);
        const inARow = (1 - p ** among) / (p ** among * (1 - p));
        expect(votesToSlidingAlarm({ bad: among, among }, p) / inARow).toBeCloseTo(1, 11);
      }
  });

  it('has about 1,167 false alarms a day in a city, and is met by chance once in 19 times', () => {
    expect(falseAlarmsADay(VOTES_A_DAY, votesToSlidingAlarm({ bad: 2, among: 4 }, 0.05)).toFixed(0)).toBe(
      '1167',
    );
    expect(binomialUpperTail(2, 4, 0.1).toFixed(4)).toBe('0.0523');
  });

  it.each([
    [{ bad: 0, among: 4 }, 0.1, 'alarm-rule-invalid'],
    [{ bad: 5, among: 4 }, 0.1, 'alarm-rule-invalid'],
    [{ bad: 2, among: 11 }, 0.1, 'alarm-rule-invalid'],
    [{ bad: 1.5, among: 4 }, 0.1, 'alarm-rule-invalid'],
    [{ bad: 2, among: 4 }, 0, 'level-invalid'],
  ])('is refused: %j at %d', (rule, share, code) => {
    expect(() => votesToSlidingAlarm(rule, share)).toThrow(refusedWith(code));
  });
});

describe('shrinkage', () => {
  it.each([
    [2, 2, '0.9327'],
    [20, 20, '0.9500'],
    [5, 10, '0.8583'],
    [0, 0, '0.9300'],
  ])('draws %d of %d to %s', (x, n, shown) => {
    expect(shrunkShare({ x, n }, { mean: 0.93, strength: 50 }).toFixed(4)).toBe(shown);
  });

  it('finds the mean and the strength that siblings were made with', () => {
    // Half of them at 0.8 and half at 0.9: variance of the true rates 0.0025, so α + β = m(1 − m)/0.0025 − 1 = 50.
    const siblings = Array.from({ length: 200 }, (_none, at) => ({ x: at % 2 === 0 ? 8e5 : 9e5, n: 1e6 }));
    const prior = priorOf(siblings);
    expect(prior?.mean).toBeCloseTo(0.85, 12);
    expect(prior?.strength).toBeCloseTo(50, 0);
    // By hand: S = 2·100·0.05²/0.1275, ρ = (S − 1)/(200 − 100 − 1), α + β = 1/ρ − 1.
    const two = priorOf([
      { x: 80, n: 100 },
      { x: 90, n: 100 },
    ]);
    expect(two?.strength).toBeCloseTo(99 / (0.5 / 0.1275 - 1) - 1, 10);
  });

  it('has an answer where siblings say little', () => {
    expect(priorOf([])).toBeNull();
    expect(priorOf([{ x: 9, n: 10 }])).toBeNull();
    expect(
      priorOf([
        { x: 9, n: 10 },
        { x: 0, n: 0 },
      ]),
    ).toBeNull();
    const alike = Array.from({ length: 5 }, () => ({ x: 9, n: 10 }));
    expect(priorOf(alike)).toEqual({ mean: 0.9, strength: 50 });
    const perfect = Array.from({ length: 5 }, () => ({ x: 10, n: 10 }));
    expect(priorOf(perfect)).toEqual({ mean: 50.5 / 51, strength: 50 });
    expect(priorOf(perfect.map(({ n }) => ({ x: 0, n })))).toEqual({ mean: 0.5 / 51, strength: 50 });
    // One vote each: whether they differ cannot be seen.
    expect(
      priorOf([
        { x: 1, n: 1 },
        { x: 0, n: 1 },
      ]),
    ).toEqual({ mean: 0.5, strength: 2 });
    // Each sure of itself, and all apart: they say nothing of another one.
    expect(
      priorOf([
        { x: 1_000, n: 1_000 },
        { x: 0, n: 1_000 },
      ])?.strength,
    ).toBe(0);
  });

  it('is refused for what are no counts, or no prior', () => {
    expect(() => priorOf([{ x: 3, n: 2 }])).toThrow(refusedWith('counts-invalid'));
    expect(() => priorOf([{ x: 1, n: 0 }])).toThrow(refusedWith('counts-invalid'));
    expect(() => priorOf([{ x: 0, n: -1 }])).toThrow(refusedWith('counts-invalid'));
    expect(() => shrunkShare({ x: 3, n: 2 }, { mean: 0.9, strength: 5 })).toThrow(
      refusedWith('counts-invalid'),
    );
    expect(() => shrunkShare({ x: 1, n: 2 }, { mean: 1.1, strength: 5 })).toThrow(
      refusedWith('level-invalid'),
    );
    expect(() => shrunkShare({ x: 1, n: 2 }, { mean: 0.9, strength: -1 })).toThrow(
      refusedWith('level-invalid'),
    );
  });
});

describe('a funnel', () => {
  it.each([
    [20, [0.53478, 0.65338, 0.96775, 0.99871]],
    [100, [0.72505, 0.77167, 0.91162, 0.9449]],
  ])('of %d votes at 85 %%', (n, limits) => {
    const { alert, alarm } = funnelLimits(n, 0.85);
    [alarm.lower, alert.lower, alert.upper, alarm.upper].forEach((limit, at) => {
      expect(limit).toBeCloseTo(limits[at] as number, 5);
    });
    expect(funnelLimit(0.5, n, 0.85)).toBeCloseTo(0.85, 1);
  });

  // Tests of FunnelPlotR.
  it.each([
    [15, 0.5596924, 1.649348],
    [20, 0.610826, 1.544419],
    [30, 0.6746958, 1.427562],
  ])('of a count where %d are expected', (expected, lower, upper) => {
    const limits = countLimits(expected, 0.025);
    expect(limits.lower).toBeCloseTo(lower, 6);
    expect(limits.upper).toBeCloseTo(upper, 6);
  });

  it('stays within what is possible, and says on which side somebody is outside', () => {
    const few = funnelLimits(1, 0.85);
    for (const limit of [few.alarm.lower, few.alarm.upper]) {
      expect(limit).toBeGreaterThanOrEqual(0);
      expect(limit).toBeLessThanOrEqual(1);
    }
    const limits = funnelLimits(100, 0.85);
    expect(funnelPlace(0.72, limits)).toEqual({ zone: 'alarm', side: 'low' });
    expect(funnelPlace(0.75, limits)).toEqual({ zone: 'alert', side: 'low' });
    // Under the target, and nothing but chance.
    expect(funnelPlace(0.8, limits)).toEqual({ zone: 'inside', side: null });
    expect(funnelPlace(0.92, limits)).toEqual({ zone: 'alert', side: 'high' });
    expect(funnelPlace(0.95, limits)).toEqual({ zone: 'alarm', side: 'high' });
  });

  it('knows when life differs more than chance', () => {
    // z = ±1 each.
    const chance = [0, 1].flatMap((way) =>
      Array.from({ length: 10 }, () => ({ x: way === 0 ? 45 : 55, n: 100 })),
    );
    expect(overDispersion(chance, 0.5)).toBeCloseTo(1, 12);
    const apart = chance.map(({ x, n }) => ({ x: 50 + 2 * (x - 50), n }));
    expect(overDispersion(apart, 0.5)).toBeCloseTo(4, 12);
    expect(overDispersion(apart, 0.5) ?? 0).toBeGreaterThan(OVERDISPERSED);
    // One that is far out is drawn in to the next.
    const [first, ...rest] = chance;
    expect(overDispersion([{ x: 0, n: first?.n ?? 0 }, ...rest], 0.5)).toBeCloseTo(1, 12);
    expect(overDispersion([{ x: 0, n: first?.n ?? 0 }, ...rest], 0.5, 0)).toBeCloseTo(119 / 20, 12);
    expect(overDispersion([], 0.5)).toBeNull();
  });

  it('is refused for no votes, no target, nothing expected', () => {
    expect(() => funnelLimits(0, 0.85)).toThrow(refusedWith('counts-invalid'));
    expect(() => funnelLimits(10, 1)).toThrow(refusedWith('level-invalid'));
    expect(() => countLimits(0, 0.025)).toThrow(refusedWith('counts-invalid'));
    expect(() => overDispersion([{ x: 1, n: 0 }], 0.5)).toThrow(refusedWith('counts-invalid'));
    expect(() => overDispersion([{ x: 1, n: 2 }], 0.5, 0.5)).toThrow(refusedWith('level-invalid'));
  });
});
