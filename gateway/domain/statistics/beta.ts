/** The regularised incomplete beta function: tails of binomial counts, from one vote to a billion. */
import { deviance, stirlingError } from './saddle-point.ts';

const TINY = 1e-300;
const PRECISION = 1e-16;

/**
 * The continued fraction 26.5.8 of Abramowitz & Stegun, by Lentz's method; it converges in about √max(a, b) steps where x is below the
 * mean. I_x(a, b) = x^a (1−x)^b / (a B(a, b)) × this.
 */
export function betaFraction(a: number, b: number, x: number): number {
  const guard = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; ; m++) {
    const m2 = 2 * m;
    const even = (m * (b - m) * x) / ((a + m2 - 1) * (a + m2));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + m2) * (a + m2 + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) <= PRECISION || m > 1e7) return fraction;
  }
}

/** x^a y^b / (a B(a, b)) with y = 1 − x; a > 0, b > 0. */
function front(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  const exponent =
    stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y);
  return Math.exp(exponent) * Math.sqrt(b / (2 * Math.PI * a * n));
}

/** I_x(a, b) and 1 − I_x(a, b), each to its own last digits; a > 0, b > 0, `y` is 1 − x, for where that is the better known. */
export function betaTails(a: number, b: number, x: number, y = 1 - x): { below: number; above: number } {
  if (x <= 0) return { below: 0, above: 1 };
  if (y <= 0) return { below: 1, above: 0 };
  if (x * (a + b + 2) <= a + 1) {
    const below = Math.min(1, front(a, b, x, y) * betaFraction(a, b, x));
    return { below, above: 1 - below };
  }
  const above = Math.min(1, front(b, a, y, x) * betaFraction(b, a, y));
  return { below: 1 - above, above };
}
