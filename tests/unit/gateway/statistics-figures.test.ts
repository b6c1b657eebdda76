/** What is shown of one node, and of one beside another, against published values. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_WEIGHTS } from '../../../gateway/domain/score.ts';
import { compare } from '../../../gateway/domain/statistics/comparison.ts';
import { changeOf, differenceOf } from '../../../gateway/domain/statistics/difference.ts';
import { figureOf, METHOD } from '../../../gateway/domain/statistics/figure.ts';
import { proofOf } from '../../../gateway/domain/statistics/proof.ts';
import { shareOf } from '../../../gateway/domain/statistics/share.ts';
import { truncated, truncatedPercent } from '../../../gateway/domain/statistics/truncated.ts';
import { weightedMean } from '../../../gateway/domain/statistics/weighted-mean.ts';

const counts = (satisfied: number, basically: number, unsatisfied: number) => ({
  satisfied,
  basically,
  unsatisfied,
});
const refusedWith = (code: string) => expect.objectContaining({ name: 'StatisticsRefusal', code });
const WEIGHTS = [100, 60, 0] as const;
const RULES = { minimum: 30, target: 0.85 };

describe("the satisfaction rate's interval", () => {
  // Test data of PHEindicatormethods 1.3.2.
  it.each([
    [1, 100, 0.95, 0.0017674320641406511, 0.054486196178705294],
    [1, 100, 0.998, 8.73065697299977e-4, 0.10455445283705821],
    [65, 100, 0.95, 0.55254443296887967, 0.73635751756902468],
    [65, 100, 0.998, 0.49549465740704313, 0.77835406140896968],
    [9_856, 12_345, 0.95, 0.79121017529090687, 0.80536400736149094],
    [9_856, 12_345, 0.998, 0.7869924108419063, 0.80930614125896261],
  ])('of %d in %d at %d', (x, n, confidence, lower, upper) => {
    const found = shareOf(x, n, confidence);
    expect(found.value).toBe(x / n);
    expect(found.lower).toBeCloseTo(lower, 13);
    expect(found.upper).toBeCloseTo(upper, 13);
  });

  // Newcombe 1998, table I; Lang 2008, example 2.1.
  it.each([
    [81, 263, '0.2553', '0.3662'],
    [0, 20, '0.0000', '0.1611'],
    [1, 12, '0.0149', '0.3539'],
  ])('of %d in %d', (x, n, lower, upper) => {
    expect(shareOf(x, n).lower.toFixed(4)).toBe(lower);
    expect(shareOf(x, n).upper.toFixed(4)).toBe(upper);
  });

  it('keeps its digits at billions of votes', () => {
    // mpmath, 40 digits.
    const one = shareOf(1, 4e9);
    expect(one.lower * 4e9).toBeCloseTo(0.17652455494060548, 13);
    const allButOne = shareOf(4e9 - 1, 4e9);
    expect(1 - allButOne.upper).toBeCloseTo(one.lower, 15);
    expect(shareOf(4e9, 4e9).upper).toBe(1);
    expect(shareOf(0, 4e9).lower).toBe(0);
    expect(shareOf(4e9, 4e9).lower).toBeLessThan(1);
  });

  it.each([
    [0, 0],
    [1, -1],
    [-1, 5],
    [6, 5],
    [0.5, 5],
    [Number.NaN, 5],
    [1, Number.POSITIVE_INFINITY],
  ])('is refused for %d of %d', (x, n) => {
    expect(() => shareOf(x, n)).toThrow(refusedWith('counts-invalid'));
  });
});

describe("the index's interval", () => {
  it.each([
    [[20, 0, 0], '83.887', '100.000'],
    [[90, 0, 10], '82.563', '94.477'],
    [[85, 10, 5], '84.781', '94.594'],
  ])('of %j', (votes, lower, upper) => {
    const found = weightedMean(votes, WEIGHTS, 0.95);
    expect(found.lower.toFixed(3)).toBe(lower);
    expect(found.upper.toFixed(3)).toBe(upper);
  });

  // The equation of README.md solved with 60 digits (mpmath).
  it.each([
    [[2, 0, 1], 20.76596008020477, 93.85080552796038],
    [[1_000_000_000, 10_000_000, 1], 99.60371597758134, 99.6042044681378],
    [[1_000_000_000, 0, 1], 99.99999943350657, 99.99999998234755],
    [[1, 1_000_000_000, 1], 59.99999969790821, 60.00000017219808],
    [[0, 1_000_000_000, 1], 59.999999660103946, 60.00000009365835],
    [[1, 1, 1_000_000_000], 4.343277776137537e-8, 6.35748257230829e-7],
  ])('of %j, to the last digits', (votes, lower, upper) => {
    const found = weightedMean(votes, WEIGHTS, 0.95);
    expect(Math.abs(found.lower - lower)).toBeLessThan(5e-14);
    expect(Math.abs(found.upper - upper)).toBeLessThan(5e-14);
  });

  it('has the published scores of other scales as its value', () => {
    expect(weightedMean([3, 1, 16, 62, 147], [0, 1, 2, 3, 4], 0.95).value / 4).toBeCloseTo(
      0.88100436681223,
      14,
    );
    expect(weightedMean([126, 60, 16, 17], [100, 200 / 3, 100 / 3, 0], 0.95).value.toFixed(2)).toBe('78.23');
  });

  it('reaches to both sides where all chose the middle', () => {
    // 20 of 20 have at least 60, so below it is Wilson's of 20/20 times 60; above, of 0/20 times 40.
    const found = weightedMean([0, 20, 0], WEIGHTS, 0.95);
    expect(found.lower).toBeCloseTo(60 * shareOf(20, 20).lower, 11);
    expect(found.upper).toBeCloseTo(60 + 40 * shareOf(0, 20).upper, 11);
  });

  it('has a width of its own at a billion votes', () => {
    const { value, lower, upper } = weightedMean([1e9, 0, 0], WEIGHTS, 0.95);
    expect([value, upper]).toEqual([100, 100]);
    expect(100 - lower).toBeCloseTo(100 * (1 - shareOf(1e9, 1e9).lower), 13);
    expect(100 - lower).toBeGreaterThan(0);
  });

  it.each([
    [[0, 0, 0], WEIGHTS, 'counts-invalid'],
    [[1, -1, 1], WEIGHTS, 'counts-invalid'],
    [[1, 0.5, 1], WEIGHTS, 'counts-invalid'],
    [[1, 2], WEIGHTS, 'counts-invalid'],
    [[1, 2, 3], [60, 60, 60], 'weights-invalid'],
    [[1, 2, 3], [100, Number.NaN, 0], 'weights-invalid'],
    [[1, 2, 3], [1e300, 60, 0], 'weights-invalid'],
    [[1, 2, 3], [1e-300, 0, 0], 'weights-invalid'],
    [[1, 2, 3], [Number.POSITIVE_INFINITY, 60, 0], 'weights-invalid'],
  ])('is refused for %j by %j', (votes, weights, code) => {
    expect(() => weightedMean(votes, weights, 0.95)).toThrow(refusedWith(code));
  });
});

describe('proof against a target', () => {
  it.each([
    [0.85, 22],
    [0.9, 35],
    [0.95, 73],
  ])('%d takes so many good votes: %d', (target, votes) => {
    const proof = (good: number) => proofOf(shareOf(good, good), { votes: good, minimum: 1, target });
    expect(proof(votes)).toBe('meets');
    expect(proof(votes - 1)).toBe('open');
  });

  it('is by the unrounded ends', () => {
    const rules = { votes: 100, minimum: 30, target: 0.85 };
    expect(proofOf({ lower: 0.85, upper: 0.9 }, rules)).toBe('meets');
    expect(proofOf({ lower: 0.84999999, upper: 0.9 }, rules)).toBe('open');
    expect(proofOf({ lower: 0.5, upper: 0.85 }, rules)).toBe('open');
    expect(proofOf({ lower: 0.5, upper: 0.84999999 }, rules)).toBe('fails');
  });

  it('is none of a small sample, however good', () => {
    expect(proofOf({ lower: 0.9, upper: 1 }, { votes: 29, minimum: 30, target: 0.85 })).toBe('insufficient');
    expect(proofOf({ lower: 0.9, upper: 1 }, { votes: 30, minimum: 30, target: 0.85 })).toBe('meets');
    expect(proofOf(null, { votes: 0, minimum: 0, target: 0.85 })).toBe('insufficient');
  });

  it.each([
    [Number.NaN, 30],
    [0.85, -1],
    [0.85, Number.NaN],
  ])('is refused for a target %d of %d votes', (target, minimum) => {
    expect(() => proofOf(null, { votes: 0, minimum, target })).toThrow(refusedWith('target-invalid'));
  });
});

describe('what people see', () => {
  it.each([
    [19_880, 19_881, 2, '99.99'],
    [19_880, 19_881, 0, '99'],
    [19_881, 19_881, 2, '100.00'],
    [0, 5, 2, '0.00'],
    [29, 100, 2, '29.00'],
    [1, 3, 4, '33.3333'],
    [999_999_999_999, 1_000_000_000_000, 2, '99.99'],
  ])('%d of %d with %d digits is %s', (x, n, digits, shown) => {
    expect(truncatedPercent(x, n, digits)).toBe(shown);
  });

  it.each([
    [99.99999, 2, 0, '99.99'],
    [0.29, 2, 2, '29.00'],
    [0.285, 0, 2, '28'],
    [100, 1, 0, '100.0'],
    [1e-9, 2, 2, '0.00'],
    [1.5e-7, 8, 0, '0.00000015'],
    [12_345.678, 1, 0, '12345.6'],
    [-3.456, 2, 0, '-3.45'],
    [-0.004, 2, 0, '0.00'],
  ])('%d with %d digits, moved by %d, is %s', (value, digits, shift, shown) => {
    expect(truncated(value, digits, shift)).toBe(shown);
  });

  it('is refused for what is no share, or no figure', () => {
    expect(() => truncatedPercent(2, 1)).toThrow(refusedWith('counts-invalid'));
    expect(() => truncated(Number.NaN)).toThrow(refusedWith('counts-invalid'));
    expect(() => truncated(Number.NEGATIVE_INFINITY)).toThrow(refusedWith('counts-invalid'));
  });
});

describe('differences', () => {
  // Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10.
  it.each([
    [56, 70, 48, 80, '0.0524', '0.3339'],
    [9, 10, 3, 10, '0.1705', '0.8090'],
    [6, 7, 2, 7, '0.0582', '0.8062'],
    [5, 56, 0, 29, '-0.0381', '0.1926'],
    [0, 10, 0, 20, '-0.1611', '0.2775'],
    [0, 10, 0, 10, '-0.2775', '0.2775'],
    [10, 10, 0, 20, '0.6791', '1.0000'],
    [10, 10, 0, 10, '0.6075', '1.0000'],
  ])('%d/%d − %d/%d', (x1, n1, x2, n2, lower, upper) => {
    const difference = differenceOf(shareOf(x1, n1), shareOf(x2, n2));
    expect(difference.value).toBe(x1 / n1 - x2 / n2);
    expect(difference.lower.toFixed(4)).toBe(lower);
    expect(difference.upper.toFixed(4)).toBe(upper);
  });

  it('are a change when their interval lies off 0', () => {
    expect(changeOf({ lower: 0.01, upper: 0.2 })).toBe('greater');
    expect(changeOf({ lower: -0.2, upper: -0.01 })).toBe('smaller');
    expect(changeOf({ lower: 0, upper: 0.2 })).toBe('open');
  });

  it('of two nodes are of their rates and of their indices', () => {
    const [good, bad] = [figureOf(counts(900, 0, 100), RULES), figureOf(counts(800, 0, 200), RULES)];
    const { rate, index } = compare(good, bad);
    expect(rate).toMatchObject({ change: 'greater' });
    expect(index?.change).toBe('greater');
    expect(index?.lower).toBeCloseTo(100 * (rate?.lower ?? 0), 10);
    expect(compare(bad, good).rate).toMatchObject({ change: 'smaller', value: -(rate?.value ?? 0) });
    expect(compare(good, good).index).toMatchObject({ change: 'open', value: 0 });
  });

  it('are none where one has no votes, and refused for figures of other rules', () => {
    const [some, none] = [figureOf(counts(9, 0, 1), RULES), figureOf(counts(0, 0, 0), RULES)];
    expect(compare(some, none)).toEqual({ rate: null, index: null });
    const weighed = figureOf(counts(9, 0, 1), { ...RULES, weights: { ...DEFAULT_WEIGHTS, basically: 80 } });
    expect(() => compare(some, weighed)).toThrow(refusedWith('weights-invalid'));
    const surer = figureOf(counts(9, 0, 1), { ...RULES, confidence: 0.99 });
    expect(() => compare(some, surer)).toThrow(refusedWith('level-invalid'));
  });
});

describe('the figure of a node', () => {
  it('carries everything that it was computed by', () => {
    const figure = figureOf(counts(85, 10, 5), RULES);
    expect(figure).toMatchObject({
      ...{ method: METHOD, counts: counts(85, 10, 5), votes: 100, weights: DEFAULT_WEIGHTS },
      ...{ minimum: 30, target: 0.85, confidence: 0.95, isSufficient: true, proof: 'meets' },
    });
    expect(figure.rate).toEqual(shareOf(95, 100));
    expect(figure.satisfiedShare).toEqual(shareOf(85, 100));
    expect(figure.middleShare).toEqual(shareOf(10, 100));
    expect(figure.index).toEqual(weightedMean([85, 10, 5], WEIGHTS, 0.95));
    expect(figureOf(figure.counts, figure)).toEqual(figure);
  });

  it('of no votes is none', () => {
    expect(figureOf(counts(0, 0, 0), { ...RULES, minimum: 0 })).toMatchObject({
      ...{ votes: 0, rate: null, index: null, satisfiedShare: null, middleShare: null },
      ...{ isSufficient: false, proof: 'insufficient' },
    });
  });

  it('of few votes has its width, and no proof', () => {
    const figure = figureOf(counts(1, 0, 0), RULES);
    expect(figure).toMatchObject({ isSufficient: false, proof: 'insufficient' });
    expect(figure.rate?.lower).toBeCloseTo(0.2065, 4);
  });

  it.each([
    [counts(-1, 2, 3), RULES, 'counts-invalid'],
    [counts(0.5, 2, 3), RULES, 'counts-invalid'],
    [counts(2 ** 53 - 1, 1, 0), RULES, 'counts-invalid'],
    [counts(1, 2, 3), { ...RULES, weights: counts(1, 1, 1) }, 'weights-invalid'],
    [counts(1, 2, 3), { ...RULES, confidence: 1 }, 'level-invalid'],
    [counts(1, 2, 3), { ...RULES, target: Number.NaN }, 'target-invalid'],
  ])('is refused: %j, %j', (votes, rules, code) => {
    expect(() => figureOf(votes, rules)).toThrow(refusedWith(code));
  });
});
