/** What holds for the figures of every number of votes. Each is held against its definition, by other code than makes it. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exactLimits } from '../../gateway/domain/statistics/exact-limits.ts';
import { figureOf } from '../../gateway/domain/statistics/figure.ts';
import { funnelLimits } from '../../gateway/domain/statistics/funnel.ts';
import { zOf } from '../../gateway/domain/statistics/normal.ts';
import { shareOf } from '../../gateway/domain/statistics/share.ts';
import { priorOf, shrunkShare } from '../../gateway/domain/statistics/shrinkage.ts';
import { truncated, truncatedPercent } from '../../gateway/domain/statistics/truncated.ts';
import { weightedMean } from '../../gateway/domain/statistics/weighted-mean.ts';

const WEIGHTS = [100, 60, 0] as const;
/** Few votes mostly, for that is where ends are; and up to a billion. */
const votes = fc.oneof(fc.nat(3), fc.nat(200), fc.nat(1e6), fc.nat(3e8));
const ratings = fc.tuple(votes, votes, votes).filter(([s, b, u]) => s + b + u > 0);
const confidence = fc.constantFrom(0.5, 0.8, 0.9, 0.95, 0.99, 0.998, 0.999999);
const share = fc
  .tuple(votes, votes)
  .filter(([x, rest]) => x + rest > 0)
  .map(([x, rest]) => ({ x, n: x + rest }));

it('a share lies in its interval, which lies in [0, 1], and always has a width', () => {
  fc.assert(
    fc.property(share, confidence, ({ x, n }, sure) => {
      const { value, lower, upper } = shareOf(x, n, sure);
      expect(lower).toBeGreaterThanOrEqual(0);
      expect(upper).toBeLessThanOrEqual(1);
      expect(lower).toBeLessThanOrEqual(value);
      expect(upper).toBeGreaterThanOrEqual(value);
      expect(upper - lower).toBeGreaterThan(0);
      // Its definition: the ends are where n(x/n − p)² = z²p(1 − p).
      const z = zOf(sure);
      for (const [p, rest] of [
        [lower, 1 - lower],
        [upper, 1 - upper],
      ] as const)
        if (p > 0 && rest > 1e-4) expect((n * (value - p) ** 2) / (z * z * p * rest)).toBeCloseTo(1, 4);
    }),
    { numRuns: 2_000 },
  );
});

it('one good vote more in the place of a bad one raises both ends, of every interval and limit', () => {
  fc.assert(
    fc.property(share, confidence, ({ x, n }, sure) => {
      if (x === n) return;
      const [less, more] = [shareOf(x, n, sure), shareOf(x + 1, n, sure)];
      expect(more.lower).toBeGreaterThan(less.lower);
      expect(more.upper).toBeGreaterThan(less.upper);
      const [exactLess, exactMore] = [
        exactLimits(x, n, (1 - sure) / 2),
        exactLimits(x + 1, n, (1 - sure) / 2),
      ];
      expect(exactMore.lower).toBeGreaterThan(exactLess.lower);
      expect(exactMore.upper).toBeGreaterThan(exactLess.upper);
    }),
    { numRuns: 1_000 },
  );
});

it('the index lies in its interval, which lies in [0, 100] and always has a width', () => {
  fc.assert(
    fc.property(ratings, confidence, (counts, sure) => {
      const { value, lower, upper } = weightedMean(counts, WEIGHTS, sure);
      expect(lower).toBeGreaterThanOrEqual(0);
      expect(upper).toBeLessThanOrEqual(100);
      expect(lower).toBeLessThanOrEqual(value);
      expect(upper).toBeGreaterThanOrEqual(value);
      expect(upper - lower).toBeGreaterThan(0);
    }),
    { numRuns: 3_000 },
  );
});

it('the index of two buttons has 100 times the interval of the rate', () => {
  fc.assert(
    fc.property(share, confidence, ({ x, n }, sure) => {
      const index = weightedMean([x, 0, n - x], WEIGHTS, sure);
      const rate = shareOf(x, n, sure);
      expect(index.lower).toBeCloseTo(100 * rate.lower, 9);
      expect(index.upper).toBeCloseTo(100 * rate.upper, 9);
    }),
    { numRuns: 2_000 },
  );
});

it('a better vote in the place of a worse one never lowers an end of the index', () => {
  fc.assert(
    fc.property(ratings, confidence, ([s, b, u], sure) => {
      const before = weightedMean([s, b, u], WEIGHTS, sure);
      const better = [
        ...(b > 0 ? [[s + 1, b - 1, u]] : []),
        ...(u > 0
          ? [
              [s, b + 1, u - 1],
              [s + 1, b, u - 1],
            ]
          : []),
      ];
      for (const counts of better) {
        const after = weightedMean(counts, WEIGHTS, sure);
        expect(after.lower).toBeGreaterThan(before.lower - 1e-12);
        expect(after.upper).toBeGreaterThan(before.upper - 1e-12);
      }
    }),
    { numRuns: 2_000 },
  );
});

it("the index's interval follows every change of the weights' scale", () => {
  const scale = fc.tuple(
    fc.double({ min: 0.001, max: 1_000, noNaN: true }),
    fc.integer({ min: -500, max: 500 }),
  );
  fc.assert(
    fc.property(ratings, scale, confidence, (counts, [factor, offset], sure) => {
      const plain = weightedMean(counts, WEIGHTS, sure);
      const scaled = weightedMean(
        counts,
        WEIGHTS.map((weight) => factor * weight + offset),
        sure,
      );
      const digits = 1e-12 * (100 * factor + Math.abs(offset));
      expect(Math.abs(scaled.lower - (factor * plain.lower + offset))).toBeLessThan(digits);
      expect(Math.abs(scaled.upper - (factor * plain.upper + offset))).toBeLessThan(digits);
      // Turned round, the ends change places.
      const turned = weightedMean(
        counts,
        WEIGHTS.map((weight) => -weight),
        sure,
      );
      expect(turned.lower).toBeCloseTo(-plain.upper, 9);
      expect(turned.upper).toBeCloseTo(-plain.lower, 9);
    }),
    { numRuns: 1_000 },
  );
});

/** V(μ): the variance of the likeliest distribution whose mean is μ, by halving until λ solves the condition of the mean. */
function constrainedVariance(counts: readonly number[], weights: readonly number[], mean: number): number {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const d = weights.map((weight) => weight - mean);
  const excess = (lambda: number) =>
    counts.reduce(
      (sum, count, k) => sum + (count === 0 ? 0 : (count * (d[k] ?? 0)) / (1 + lambda * (d[k] ?? 0))),
      0,
    );
  let [low, high] = [-1 / Math.max(...d), -1 / Math.min(...d)];
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  const lambda = (low + high) / 2;
  const p = counts.map((count, k) => (count === 0 ? 0 : count / (n * (1 + lambda * (d[k] ?? 0)))));
  // What the observed ratings leave over lies at the end that nobody chose.
  const left = 1 - p.reduce((sum, share) => sum + share, 0);
  const end = lambda > 0 ? Math.min(...d) : Math.max(...d);
  return p.reduce((sum, share, k) => sum + share * (d[k] ?? 0) ** 2, 0) + left * end * end;
}

it("the ends of the index's interval are where its definition has them", () => {
  const few = fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60)).filter(([s, b, u]) => s + b + u > 0);
  const weights = fc.constantFrom([100, 60, 0], [100, 50, 0], [100, 99, 0], [3, 2, 1], [100, 0, 0]);
  fc.assert(
    fc.property(few, weights, confidence, (counts, by, sure) => {
      const { value, lower, upper } = weightedMean(counts, by, sure);
      const n = counts.reduce((sum, count) => sum + count, 0);
      for (const end of [lower, upper]) {
        if (end - Math.min(...by) < 1e-9 || Math.max(...by) - end < 1e-9) continue;
        const distance = (n * (value - end) ** 2) / (zOf(sure) ** 2 * constrainedVariance(counts, by, end));
        expect(distance).toBeCloseTo(1, 6);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('a figure is of its counts alone, and proves what its interval does', () => {
  const rules = fc.record({
    minimum: fc.nat(100),
    target: fc.double({ min: 0, max: 1, noNaN: true }),
    confidence,
  });
  const anyRatings = fc.tuple(votes, votes, votes);
  fc.assert(
    fc.property(anyRatings, rules, ([satisfied, basically, unsatisfied], by) => {
      const figure = figureOf({ satisfied, basically, unsatisfied }, by);
      expect(figureOf({ ...figure.counts }, { ...by })).toEqual(figure);
      const n = satisfied + basically + unsatisfied;
      if (n === 0 || n < by.minimum)
        expect(figure).toMatchObject({ isSufficient: false, proof: 'insufficient' });
      else if (figure.rate && figure.rate.lower >= by.target) expect(figure.proof).toBe('meets');
      else expect(figure.proof).toBe(figure.rate && figure.rate.upper < by.target ? 'fails' : 'open');
    }),
    { numRuns: 1_000 },
  );
});

it('what is shown is never more than the figure, and less than a digit below it', () => {
  fc.assert(
    fc.property(share, fc.nat(4), ({ x, n }, digits) => {
      const units = Number(truncatedPercent(x, n, digits).replace('.', ''));
      // In whole numbers: units/10^(digits+2) ≤ x/n < (units+1)/10^(digits+2).
      const [scaled, whole] = [BigInt(x) * 10n ** BigInt(digits + 2), BigInt(n)];
      expect(BigInt(units) * whole <= scaled).toBe(true);
      expect((BigInt(units) + 1n) * whole > scaled).toBe(true);
      expect(truncatedPercent(x, n, digits)).toMatch(
        digits === 0 ? /^\d+$/ : new RegExp(`^\\d+\\.\\d{${digits}}$`),
      );
      // By its decimals it is the same.
      expect(truncated(x / n, digits, 2)).toBe(truncatedPercent(x, n, digits));
    }),
    { numRuns: 2_000 },
  );
});

it('a shrunk rate lies between the raw one and the siblings’, the nearer to theirs the fewer its votes', () => {
  const siblings = fc.array(share, { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(siblings, share, (others, { x, n }) => {
      const prior = priorOf(others);
      if (prior === null) throw new Error('two siblings with votes give a prior');
      expect(prior.mean).toBeGreaterThan(0);
      expect(prior.mean).toBeLessThan(1);
      expect(prior.strength).toBeLessThanOrEqual(others.reduce((sum, other) => sum + other.n, 0));
      const shrunk = shrunkShare({ x, n }, prior);
      const far = Math.abs(x / n - prior.mean);
      expect(Math.abs(shrunk - prior.mean)).toBeLessThanOrEqual(far + 1e-12);
      expect(Math.abs(shrunk - x / n)).toBeLessThanOrEqual(far + 1e-12);
      const tenfold = shrunkShare({ x: 10 * x, n: 10 * n }, prior);
      expect(Math.abs(tenfold - x / n)).toBeLessThanOrEqual(Math.abs(shrunk - x / n) + 1e-12);
    }),
    { numRuns: 1_000 },
  );
});

it('funnel limits lie in [0, 1] around the target, the outer ones outside', () => {
  const target = fc.double({ min: 0.02, max: 0.98, noNaN: true });
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 1e6 })),
      target,
      (n, rate) => {
        const { alert, alarm } = funnelLimits(n, rate);
        const limits = [0, alarm.lower, alert.lower, alert.upper, alarm.upper, 1];
        expect([...limits].sort((a, b) => a - b)).toEqual(limits);
        expect(alert.lower).toBeLessThan(rate);
      },
    ),
    { numRuns: 1_000 },
  );
});
