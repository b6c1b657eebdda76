/** The distributions below the figures, against values of 50 digits (mpmath) and what R documents. */
import { describe, expect, it } from 'vitest';
import { betaTails } from '../../../gateway/domain/statistics/beta.ts';
import {
  binomialCdf,
  binomialPmf,
  binomialQuantile,
  binomialUpperTail,
} from '../../../gateway/domain/statistics/binomial.ts';
import { exactLimits } from '../../../gateway/domain/statistics/exact-limits.ts';
import { fisherGreater, fisherTwoSided } from '../../../gateway/domain/statistics/fisher.ts';
import { normalCdf, normalQuantile, zOf } from '../../../gateway/domain/statistics/normal.ts';
import { gammaQuantile, gammaTails } from '../../../gateway/domain/statistics/poisson.ts';
import { deviance, logGamma } from '../../../gateway/domain/statistics/saddle-point.ts';

/** Equal to so many digits, in whatever tail. */
function expectClose(found: number, wanted: number, relative: number): void {
  expect(Math.abs(found - wanted), `${found} is not ${wanted}`).toBeLessThanOrEqual(
    relative * Math.abs(wanted),
  );
}

describe('the normal distribution', () => {
  it.each([
    [-37, 5.725571222524577e-300],
    [-20, 2.7536241186062337e-89],
    [-8, 6.220960574271784e-16],
    [-5, 2.866515718791939e-7],
    [-2.9, 0.0018658133003840384],
    [-1.5, 0.06680720126885807],
    [-0.1, 0.460172162722971],
    [0, 0.5],
    [0.3, 0.6179114221889527],
    [1.96, 0.9750021048517795],
    [3.5, 0.9997673709209645],
  ])('P(Z ≤ %d)', (z, wanted) => {
    expectClose(normalCdf(z), wanted, 2e-15);
  });

  it.each([
    [1e-12, -7.034483825301132],
    [1e-7, -5.1993375821928165],
    [0.001, -3.0902323061678136],
    [0.07, -1.4757910281791706],
    [0.076, -1.4325027208258116],
    [0.5, 0],
    [0.5000001, 2.506628273311648e-7],
    [0.9, 1.2815515655446006],
    [0.975, 1.9599639845400538],
    [0.999, 3.090232306167813],
  ])('z of %d', (p, wanted) => {
    expectClose(normalQuantile(p), wanted, 1e-15);
  });

  it('gives the z of a confidence, and of another after it', () => {
    expectClose(zOf(0.95), 1.9599639845400538, 1e-15);
    expectClose(zOf(0.998), 3.0902323061678136, 1e-14);
    expectClose(zOf(0.95), 1.9599639845400538, 1e-15);
  });

  it.each([0, 1, -0.1, 1.1, Number.NaN])('has no quantile and no confidence of %d', (level) => {
    expect(() => normalQuantile(level)).toThrow(expect.objectContaining({ code: 'level-invalid' }));
    expect(() => zOf(level)).toThrow(expect.objectContaining({ code: 'level-invalid' }));
  });

  it('has no confidence below a half', () => {
    expect(zOf(0.5)).toBeGreaterThan(0.67);
    expect(() => zOf(0.49)).toThrow(expect.objectContaining({ code: 'level-invalid' }));
  });
});

it.each([
  [0.1, 2.252712651734206],
  [0.5, 0.5723649429247001],
  [1.5, -0.12078223763524522],
  [4, 1.791759469228055],
  [15.9, 27.625493215168692],
  [16.1, 28.173694494813546],
  [100, 359.1342053695754],
  [1e6, 12815504.569147611],
  [1e9, 19723265827.503716],
])('ln Γ(%d)', (x, wanted) => {
  expectClose(logGamma(x), wanted, 1e-14);
});

it('a count that nearly is its mean has a deviance with all digits', () => {
  // (x − m)²/2m − (x − m)³/6m² + …, of which the third term is below the last digit.
  expectClose(deviance(1e9 + 1, 1e9), 0.5e-9 - 1e-18 / 6, 1e-14);
  expect(deviance(5, 5)).toBe(0);
});

describe('the binomial distribution', () => {
  it.each([
    [3, 10, 0.5, 0.171875, 0.1171875],
    [0, 20, 0.05, 0.3584859224085422, 0.3584859224085422],
    [14, 20, 0.85, 0.06730797418577408, 0.04537287332892893],
    [700, 1_000, 0.7, 0.5119274840071496, 0.027521003821268385],
    [650, 1_000, 0.7, 3.738701054403936e-4, 8.146373068964355e-5],
    [99_000, 100_000, 0.99, 0.5042686879721229, 0.012678161323544589],
    [98_900, 100_000, 0.99, 9.117803412451954e-4, 9.081043058377443e-5],
  ])('%d of %d at %d', (r, n, p, cdf, pmf) => {
    expectClose(binomialCdf(r, n, p), cdf, 1e-14);
    expectClose(binomialPmf(r, n, p), pmf, 1e-14);
    expectClose(binomialUpperTail(r + 1, n, p), 1 - cdf, 1e-12);
  });

  it.each([
    [929_950_000, 2.891296062667891e-10, 2.2741746695788433e-13],
    [929_970_000, 1.0044556102376425e-4, 4.924866249121642e-8],
  ])('%d of a billion', (r, cdf, pmf) => {
    expectClose(binomialCdf(r, 1e9, 0.93), cdf, 1e-11);
    expectClose(binomialPmf(r, 1e9, 0.93), pmf, 1e-11);
  });

  it('adds up, whatever is asked', () => {
    const [n, p] = [40, 0.93];
    let sum = 0;
    for (let r = 0; r <= n; r++) {
      sum += binomialPmf(r, n, p);
      expectClose(binomialCdf(r, n, p), sum, 1e-13);
      expectClose(binomialCdf(r, n, p) + binomialUpperTail(r + 1, n, p), 1, 1e-14);
    }
    expect(binomialPmf(-1, n, p) + binomialPmf(n + 1, n, p) + binomialCdf(-1, n, p)).toBe(0);
    expect(binomialUpperTail(0, n, p) + binomialCdf(n, n, p)).toBe(2);
    expect(binomialUpperTail(n + 1, n, p)).toBe(0);
    expect(betaTails(2, 3, 0)).toEqual({ below: 0, above: 1 });
    expect(betaTails(2, 3, 1)).toEqual({ below: 1, above: 0 });
  });

  it.each([1, 7, 100, 100_000, 1e9])('has the smallest count that reaches a level, of %d', (n) => {
    for (const p of [0.001, 0.3, 0.85, 0.999])
      for (const level of [1e-6, 0.001, 0.025, 0.5, 0.975, 0.999]) {
        const { r, cdf, pmf } = binomialQuantile(level, n, p);
        expect(cdf).toBeGreaterThanOrEqual(level);
        if (r > 0) expect(binomialCdf(r - 1, n, p)).toBeLessThan(level);
        expect(pmf).toBe(binomialPmf(r, n, p));
      }
  });
});

describe('exact limits', () => {
  it("are R's of binom.test(682, 925)", () => {
    const { lower, upper } = exactLimits(682, 925, 0.025);
    expect(lower.toFixed(7)).toBe('0.7076683');
    expect(upper.toFixed(7)).toBe('0.7654066');
  });

  it('of none and of all are a power', () => {
    expect(exactLimits(0, 20, 0.025).lower).toBe(0);
    expectClose(exactLimits(0, 20, 0.025).upper, 1 - 0.025 ** (1 / 20), 1e-14);
    expectClose(exactLimits(20, 20, 0.025).lower, 0.025 ** (1 / 20), 1e-14);
    expect(exactLimits(20, 20, 0.025).upper).toBe(1);
  });

  it.each([1, 2, 10, 1_000, 1e6])('have exactly their level in the tail, of %d', (n) => {
    for (const share of [0, 0.01, 0.3, 0.5, 0.9, 1])
      for (const level of [0.4, 0.025, 1e-6, 1e-40]) {
        const x = Math.round(n * share);
        const { lower, upper } = exactLimits(x, n, level);
        if (x > 0) expectClose(binomialUpperTail(x, n, lower), level, 1e-9);
        // What is left to 1 has the digits of 1.
        if (x < n) expectClose(binomialCdf(x, n, upper), level, 1e-9 + (n * 2e-16) / (1 - upper));
      }
  });

  it('are refused for what is no share, or no level', () => {
    expect(() => exactLimits(1, 0, 0.1)).toThrow(expect.objectContaining({ code: 'counts-invalid' }));
    expect(() => exactLimits(1, 2, 0.5)).toThrow(expect.objectContaining({ code: 'level-invalid' }));
  });
});

describe("Fisher's exact test", () => {
  it("is R's of the lady tasting tea and of Fisher's convicts", () => {
    const tea = { x1: 3, n1: 4, x2: 1, n2: 4 };
    expect(fisherGreater(tea).toFixed(4)).toBe('0.2429');
    expect(fisherTwoSided(tea).toFixed(4)).toBe('0.4857');
    expect(fisherGreater({ x1: 10, n1: 13, x2: 2, n2: 17 }).toFixed(7)).toBe('0.0004652');
    expect(fisherTwoSided({ x1: 2, n1: 17, x2: 10, n2: 13 }).toFixed(7)).toBe('0.0005367');
  });

  it("is scipy's", () => {
    expectClose(fisherGreater({ x1: 120, n1: 200, x2: 90, n2: 200 }), 0.0018175927779407201, 1e-12);
    expectClose(fisherTwoSided({ x1: 1, n1: 10, x2: 11, n2: 14 }), 0.0027594561852200836, 1e-12);
  });

  it('knows the ends of what is possible', () => {
    expect(fisherGreater({ x1: 0, n1: 5, x2: 2, n2: 5 })).toBe(1);
    expect(fisherGreater({ x1: 1, n1: 5, x2: 5, n2: 5 })).toBe(1);
    expect(fisherGreater({ x1: 5, n1: 5, x2: 5, n2: 5 })).toBe(1);
    expectClose(fisherGreater({ x1: 5, n1: 5, x2: 0, n2: 5 }), 1 / 252, 1e-14);
    expectClose(fisherTwoSided({ x1: 5, n1: 5, x2: 0, n2: 5 }), 2 / 252, 1e-14);
  });

  it('is refused for what are no shares', () => {
    for (const test of [fisherGreater, fisherTwoSided])
      expect(() => test({ x1: 3, n1: 2, x2: 0, n2: 1 })).toThrow(
        expect.objectContaining({ code: 'counts-invalid' }),
      );
  });
});

describe('the Poisson distribution', () => {
  it.each([
    [0.5, 0.3, 0.5614219739190002, 0.4385780260809999],
    [15, 8.4, 0.025103472522460618, 0.9748965274775394],
    [30, 45, 0.9926628007022035, 0.007337199297796504],
    [1e6, 1_001_000, 0.8413447863683403, 0.15865521363165971],
  ])('P(%d, %d)', (a, x, below, above) => {
    expectClose(gammaTails(a, x).below, below, 1e-12);
    expectClose(gammaTails(a, x).above, above, 1e-12);
  });

  it('has quantiles that lead back', () => {
    expect(gammaTails(3, 0)).toEqual({ below: 0, above: 1 });
    for (const a of [0.2, 1, 15, 1e4])
      for (const level of [1e-6, 0.025, 0.5, 0.999]) {
        expectClose(gammaTails(a, gammaQuantile(level, a)).below, level, 1e-11);
      }
  });
});
