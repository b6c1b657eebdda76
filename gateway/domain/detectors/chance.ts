/** Chances of small counts, summed from the tail, so that a small one keeps its digits. */

/** P(X ≥ count) where `expected` are expected (Poisson). */
export function poissonAtLeast(count: number, expected: number): number {
  if (count <= 0) return 1;
  if (expected <= 0) return 0;
  // Far below what is expected the tail is nearly everything, and its terms grow before they shrink: then the other side is summed.
  if (count <= expected) return 1 - poissonBelow(count, expected);
  let term = Math.exp(logPoisson(count, expected));
  let sum = 0;
  for (let k = count; term > 1e-18 * sum; k++) {
    sum += term;
    term *= expected / (k + 1);
  }
  return Math.min(1, sum);
}

function poissonBelow(count: number, expected: number): number {
  let term = Math.exp(logPoisson(count - 1, expected));
  let sum = 0;
  for (let k = count - 1; k >= 0 && term > 1e-18 * sum; k--) {
    sum += term;
    term *= k / expected;
  }
  return Math.min(1, sum);
}

function logPoisson(count: number, expected: number): number {
  let logFactorial = 0;
  for (let k = 2; k <= count; k++) logFactorial += Math.log(k);
  return count * Math.log(expected) - expected - logFactorial;
}

/** The smallest count that more than `1 − chance` of all hours do not exceed, where `expected` are expected. */
export function poissonQuantile(chance: number, expected: number): number {
  let count = Math.floor(expected);
  while (poissonAtLeast(count + 1, expected) > chance) count += 1;
  return count;
}
