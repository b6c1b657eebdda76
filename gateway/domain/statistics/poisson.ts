/** Counts without an n, by the regularised incomplete gamma function. */
import { normalQuantile } from './normal.ts';
import { deviance, stirlingError } from './saddle-point.ts';

/** x^a e^−x / Γ(a+1) */
function front(a: number, x: number): number {
  return Math.exp(-stirlingError(a) - deviance(a, x)) / Math.sqrt(2 * Math.PI * a);
}

/**
 * P(a, x) and 1 − P(a, x), a > 0, x ≥ 0: the chances of at least a, and of fewer than a, where x are expected. Series 6.5.29 and
 * continued fraction 6.5.31 of Abramowitz & Stegun.
 */
export function gammaTails(a: number, x: number): { below: number; above: number } {
  if (x <= 0) return { below: 0, above: 1 };
  if (x < a + 1) {
    let term = 1;
    let sum = 1;
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= x / (a + k);
      sum += term;
    }
    const below = Math.min(1, front(a, x) * sum);
    return { below, above: 1 - below };
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1; ; k++) {
    const factor = -k * (k - a);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) <= 1e-16 || k > 1e7) break;
  }
  const above = Math.min(1, front(a, x) * a * fraction);
  return { below: 1 - above, above };
}

/** x with P(a, x) = level. */
export function gammaQuantile(level: number, a: number): number {
  const z = normalQuantile(level);
  // Wilson & Hilferty's start, then Newton's method kept between bounds.
  const root = 1 - 1 / (9 * a) + z / Math.sqrt(9 * a);
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let x = root > 0.1 ? a * root ** 3 : (level * a) / 2;
  for (let step = 0; step < 200; step++) {
    const excess = gammaTails(a, x).below - level;
    if (excess > 0) high = x;
    else low = x;
    let next = x - excess / ((front(a, x) * a) / x);
    if (!(next >= low && next <= high)) next = high === Number.POSITIVE_INFINITY ? 2 * x : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-15 * x) return next;
    x = next;
  }
  return x;
}
