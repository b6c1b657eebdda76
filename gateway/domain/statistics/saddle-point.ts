/**
 * What the probabilities of counts are made of, without the cancellation that log Γ brings at a billion: Loader, Fast and Accurate
 * Computation of Binomial Probabilities (2000).
 */

const HALF_LN_2PI = Math.log(2 * Math.PI) / 2;

/** ln Γ(n+1) − ((n+½) ln n − n + ½ ln 2π): the error of Stirling's formula, n > 0. */
export function stirlingError(n: number): number {
  let error = 0;
  let at = n;
  // From 16 on five terms of the series have all digits; below, one step up at a time.
  for (; at < 16; at++) error += (at + 0.5) * Math.log1p(1 / at) - 1;
  const square = at * at;
  const series =
    (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / at;
  return error + series;
}

/** ln Γ(x), x > 0. */
export function logGamma(x: number): number {
  return x < 1
    ? logGamma(x + 1) - Math.log(x)
    : (x + 0.5) * Math.log(x) - x + HALF_LN_2PI + stirlingError(x) - Math.log(x);
}

/** x ln(x/m) + m − x, x ≥ 0, m > 0: how far a count lies from its mean, exact also where they nearly agree. */
export function deviance(x: number, m: number): number {
  if (x === 0) return m;
  const difference = x - m;
  if (Math.abs(difference) >= 0.1 * (x + m)) return x * Math.log(x / m) - difference;
  const v = difference / (x + m);
  let sum = difference * v;
  let term = 2 * x * v;
  for (let odd = 3; ; odd += 2) {
    term *= v * v;
    const next = sum + term / odd;
    if (next === sum) return sum;
    sum = next;
  }
}
