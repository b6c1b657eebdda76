/** Places, and the places that are possible. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_WEIGHTS } from '../../../gateway/domain/score.ts';
import { competitionRanks, midRanks } from '../../../gateway/domain/statistics/competition-ranks.ts';
import { fisherGreater } from '../../../gateway/domain/statistics/fisher.ts';
import { holmRejections } from '../../../gateway/domain/statistics/holm.ts';
import { normalCdf } from '../../../gateway/domain/statistics/normal.ts';
import {
  canBeAmongBest,
  gradeOf,
  rankSetsOfIntervals,
  rankSetsOfPairs,
} from '../../../gateway/domain/statistics/rank-sets.ts';
import { PAIRS_AT_MOST, rankByIndex, rankByRate } from '../../../gateway/domain/statistics/ranks.ts';

const rated = (good: number, votes: number) => ({ satisfied: good, basically: 0, unsatisfied: votes - good });
const refusedWith = (code: string) => expect.objectContaining({ name: 'StatisticsRefusal', code });

it('equals share a place', () => {
  const values = [1, 3, 4, 4, 4, 7, 7, 10];
  expect(competitionRanks(values)).toEqual([8, 7, 4, 4, 4, 2, 2, 1]);
  expect(midRanks(values)).toEqual([8, 7, 5, 5, 5, 2.5, 2.5, 1]);
  expect(competitionRanks([])).toEqual([]);
});

it("Holm's correction rejects one more than Bonferroni's", () => {
  const p = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3];
  expect(p.filter((one) => one <= 0.05 / p.length)).toHaveLength(6);
  expect(holmRejections([...p].reverse(), p.length, 0.05)).toBe(7);
  expect(holmRejections(p.slice(0, 6), p.length, 0.05)).toBe(6);
  // The first that may not be believed stops all after it.
  expect(holmRejections([0.02, 0.03, 0.04], 3, 0.05)).toBe(0);
  expect(() => holmRejections(p, 10, 0)).toThrow(refusedWith('level-invalid'));
});

describe('sets of places', () => {
  it('of intervals count who lies wholly above and wholly below', () => {
    const sets = rankSetsOfIntervals([
      { lower: 0.8, upper: 0.9 },
      { lower: 0.9, upper: 0.95 },
      { lower: 0.1, upper: 0.2 },
      { lower: 0.15, upper: 0.85 },
      { lower: 0.96, upper: 0.99 },
    ]);
    expect(sets).toEqual([
      // Its end touches the next one's: nothing is certain.
      { best: 2, worst: 4 },
      { best: 2, worst: 3 },
      { best: 4, worst: 5 },
      { best: 3, worst: 5 },
      { best: 1, worst: 1 },
    ]);
  });

  it('of pairs count both directions of each, and get easier with every one that is decided', () => {
    const table = (p: Record<string, number>) => (i: number, j: number) => p[`${i}>${j}`] ?? 1;
    const both = [
      { best: 1, worst: 1 },
      { best: 2, worst: 2 },
    ];
    const open = { best: 1, worst: 2 };
    expect(rankSetsOfPairs(2, 0.05, table({ '0>1': 0.025 }))).toEqual(both);
    expect(rankSetsOfPairs(2, 0.05, table({ '0>1': 0.026 }))).toEqual([open, open]);
    // Of six tests: 0.05/6 = 0.0083, then 0.05/5 = 0.01, then 0.05/4 = 0.0125.
    const sets = (second: number) =>
      rankSetsOfPairs(3, 0.05, table({ '0>2': 0.0083, '0>1': second, '1>2': 0.0125 }));
    expect(sets(0.01)).toEqual([1, 2, 3].map((place) => ({ best: place, worst: place })));
    expect(sets(0.0126)).toEqual([open, { best: 1, worst: 3 }, { best: 2, worst: 3 }]);
    expect(rankSetsOfPairs(1, 0.05, table({}))).toEqual([{ best: 1, worst: 1 }]);
  });

  // Means and standard errors of PISA 2018, mathematics, OECD (PISA 2018 Results I, table I.B1.5); the two that are equal when
  // rounded with a decimal more.
  const PISA: readonly (readonly [string, number, number])[] = [
    ['AUS', 491, 1.94],
    ['AUT', 499, 2.97],
    ['BEL', 508, 2.26],
    ['CAN', 512, 2.36],
    ['CHL', 417, 2.42],
    ['COL', 391, 2.99],
    ['CZE', 499, 2.46],
    ['DNK', 509, 1.74],
    ['EST', 523, 1.74],
    ['FIN', 507, 1.97],
    ['FRA', 495, 2.32],
    ['DEU', 500, 2.65],
    ['GRC', 451, 3.09],
    ['HUN', 481, 2.32],
    ['ISL', 495, 1.95],
    ['IRL', 500, 2.2],
    ['ISR', 463, 3.5],
    ['ITA', 487, 2.78],
    ['JPN', 527, 2.47],
    ['KOR', 526, 3.12],
    ['LVA', 496, 1.96],
    ['LTU', 481, 1.96],
    ['LUX', 483, 1.1],
    ['MEX', 409, 2.49],
    ['NLD', 519, 2.63],
    ['NZL', 494, 1.71],
    ['NOR', 501, 2.22],
    ['POL', 516, 2.6],
    ['PRT', 492, 2.68],
    ['SVK', 486, 2.56],
    ['SVN', 509, 1.36],
    ['ESP', 481, 1.46],
    ['SWE', 502.4, 2.66],
    ['CHE', 515, 2.91],
    ['TUR', 454, 2.26],
    ['GBR', 501.8, 2.56],
    ['USA', 478, 3.24],
  ];

  it('of pairs hold the published ones of PISA, which are of one country alone', () => {
    const at = PISA.findIndex(([country]) => country === 'GBR');
    expect(competitionRanks(PISA.map(([, mean]) => mean))[at]).toBe(13);
    const sets = rankSetsOfPairs(PISA.length, 0.05, (i, j) => {
      const [, mean, error] = PISA[i] as (typeof PISA)[number];
      const [, otherMean, otherError] = PISA[j] as (typeof PISA)[number];
      return normalCdf((otherMean - mean) / Math.hypot(error, otherError));
    });
    // 8 to 23 by Mogstad, Romano, Shaikh & Wilhelm for the United Kingdom alone; of all countries at once a little more.
    expect(sets[at]).toEqual({ best: 6, worst: 24 });
  });

  it('can be among the best k, and get a grade only as a whole', () => {
    const sets = [{ best: 1, worst: 2 }, { best: 2, worst: 5 }, null, { best: 4, worst: 5 }];
    expect(canBeAmongBest(sets, 1)).toEqual([true, false, false, false]);
    expect(canBeAmongBest(sets, 2)).toEqual([true, true, false, false]);
    const grades = [2, 4, 6];
    expect(gradeOf({ best: 1, worst: 2 }, grades)).toBe(0);
    expect(gradeOf({ best: 2, worst: 3 }, grades)).toBeNull();
    expect(gradeOf({ best: 3, worst: 4 }, grades)).toBe(1);
    expect(gradeOf({ best: 5, worst: 6 }, grades)).toBe(2);
    expect(gradeOf({ best: 7, worst: 7 }, grades)).toBeNull();
  });
});

describe('ranks by the rate', () => {
  const RULES = { minimum: 30 };

  it('tell apart what many votes tell apart', () => {
    const nodes = [0.95, 0.8, 0.9, 0.85].map((rate) => rated(rate * 20_000, 20_000));
    expect(rankByRate(nodes, RULES)).toEqual([
      { rank: 1, set: { best: 1, worst: 1 } },
      { rank: 4, set: { best: 4, worst: 4 } },
      { rank: 2, set: { best: 2, worst: 2 } },
      { rank: 3, set: { best: 3, worst: 3 } },
    ]);
  });

  it('leave thirty lucky votes among those that they may belong to', () => {
    const [lucky, ...others] = rankByRate(
      [rated(30, 30), rated(960, 1_000), rated(940, 1_000), rated(600, 1_000)],
      RULES,
    );
    expect(lucky).toEqual({ rank: 1, set: { best: 1, worst: 3 } });
    expect(others.at(-1)).toEqual({ rank: 4, set: { best: 4, worst: 4 } });
  });

  it('never are of a node without a vote, or with too few, which takes no place', () => {
    const none = { rank: null, set: null };
    const nodes = [rated(0, 0), rated(29, 29), rated(28, 30)];
    expect(rankByRate(nodes, RULES)).toEqual([none, none, { rank: 1, set: { best: 1, worst: 1 } }]);
    expect(rankByRate(nodes, { minimum: 0 })[0]).toEqual(none);
    expect(rankByRate([], RULES)).toEqual([]);
  });

  it('are the same in any order, and for equals', () => {
    const nodes = Array.from({ length: 40 }, (_none, at) => rated(300 - (at % 20) * 6, 310));
    const found = rankByRate(nodes, RULES);
    expect(found.slice(0, 20)).toEqual(found.slice(20));
    expect(rankByRate([...nodes].reverse(), RULES).reverse()).toEqual(found);
  });

  it('leave out no test that would decide something', () => {
    const nodes = Array.from({ length: 30 }, (_none, at) => rated(400 - at * 8, 400 + 10 * (at % 7)));
    const every = rankSetsOfPairs(nodes.length, 0.05, (i, j) => {
      const [a, b] = [nodes[i] as (typeof nodes)[0], nodes[j] as (typeof nodes)[0]];
      return fisherGreater({
        ...{ x1: a.satisfied, n1: a.satisfied + a.unsatisfied },
        ...{ x2: b.satisfied, n2: b.satisfied + b.unsatisfied },
      });
    });
    expect(rankByRate(nodes, RULES).map(({ set }) => set)).toEqual(every);
    expect(every.some(({ best, worst }) => worst - best < 20)).toBe(true);
  });

  it('tell nearly as much of one node more than are compared in pairs', () => {
    const nodes = Array.from({ length: PAIRS_AT_MOST + 1 }, (_none, at) => rated(40_000 - at * 100, 40_000));
    const width = (placings: ReturnType<typeof rankByRate>) =>
      placings.reduce((sum, { set }) => sum + (set === null ? 0 : set.worst - set.best), 0) / placings.length;
    const [pairs, intervals] = [width(rankByRate(nodes.slice(1), RULES)), width(rankByRate(nodes, RULES))];
    expect(pairs).toBeGreaterThan(1);
    expect(intervals).toBeGreaterThan(pairs);
    expect(intervals).toBeLessThan(1.2 * pairs);
  });

  it('are refused for what are no counts, or no confidence', () => {
    expect(() => rankByRate([rated(3, 2)], RULES)).toThrow(refusedWith('counts-invalid'));
    expect(() => rankByRate([], { minimum: 1, confidence: 1 })).toThrow(refusedWith('level-invalid'));
    expect(() => rankByRate([], { minimum: Number.NaN })).toThrow(refusedWith('target-invalid'));
  });
});

describe('ranks by the index', () => {
  const RULES = { minimum: 30 };

  it('tell apart what many votes tell apart, also in the middle alone', () => {
    const nodes = [
      { satisfied: 18_000, basically: 1_000, unsatisfied: 1_000 },
      { satisfied: 12_000, basically: 7_000, unsatisfied: 1_000 },
      { satisfied: 15_000, basically: 4_000, unsatisfied: 1_000 },
    ];
    expect(rankByIndex(nodes, DEFAULT_WEIGHTS, RULES)).toEqual([
      { rank: 1, set: { best: 1, worst: 1 } },
      { rank: 3, set: { best: 3, worst: 3 } },
      { rank: 2, set: { best: 2, worst: 2 } },
    ]);
    expect(rankByRate(nodes, RULES).map(({ rank, set }) => [rank, set?.best, set?.worst])).toEqual([
      [1, 1, 3],
      [1, 1, 3],
      [1, 1, 3],
    ]);
  });

  it('by weights of two kinds only are ranks by a share', () => {
    const nodes = Array.from({ length: 250 }, (_none, at) => ({
      ...{ satisfied: 4_000 - 10 * at, basically: 500 + (at % 9), unsatisfied: 10 * at },
    }));
    const all = { satisfied: 100, basically: 100, unsatisfied: 0 };
    const found = rankByIndex(nodes, all, RULES);
    expect(found).toEqual(rankByRate(nodes, RULES));
    expect(found.some(({ set }) => set !== null && set.worst - set.best < 100)).toBe(true);
  });

  it.each([
    { satisfied: 1, basically: 1, unsatisfied: 1 },
    { satisfied: Number.NaN, basically: 60, unsatisfied: 0 },
  ])('are refused by %j', (weights) => {
    expect(() => rankByIndex([rated(30, 30)], weights, RULES)).toThrow(refusedWith('weights-invalid'));
  });
});
