/** Votes of one kind among n, exactly: P(X = r), P(X ≤ r) and its quantiles hold at a billion votes. */
import { betaTails } from './beta.ts';
import { normalQuantile } from './normal.ts';
import { deviance, stirlingError } from './saddle-point.ts';

/** ln P(X = r) for r in 0 … n. */
export function logBinomialPmf(r: number, n: number, p: number): number {
  if (r === 0) return n * Math.log1p(-p);
  if (r === n) return n * Math.log(p);
  return (
    stirlingError(n) -
    stirlingError(r) -
    stirlingError(n - r) -
    deviance(r, n * p) -
    deviance(n - r, n * (1 - p)) -
    Math.log((2 * Math.PI * r * (n - r)) / n) / 2
  );
}

/** P(X = r); 0 < p < 1. */
export function binomialPmf(r: number, n: number, p: number): number {
  return r < 0 || r > n ? 0 : Math.exp(logBinomialPmf(r, n, p));
}

/** P(X ≤ r); 0 < p < 1. */
export function binomialCdf(r: number, n: number, p: number): number {
  if (r < 0) return 0;
  return r >= n ? 1 : betaTails(r + 1, n - r, p).above;
}

/** P(X ≥ r): not one minus something, so that a small one keeps its digits. */
export function binomialUpperTail(r: number, n: number, p: number): number {
  if (r <= 0) return 1;
  return r > n ? 0 : betaTails(r, n - r + 1, p).below;
}

export type BinomialQuantile = { r: number; cdf: number; pmf: number };

/** The smallest r with P(X ≤ r) ≥ `level`, and the probabilities there. */
export function binomialQuantile(level: number, n: number, p: number): BinomialQuantile {
  const z = normalQuantile(level);
  const q = 1 - p;
  // Cornish & Fisher's start is one or two away.
  const start = Math.round(n * p + z * Math.sqrt(n * p * q) + ((q - p) * (z * z - 1)) / 6 - 0.5);
  let r = Math.min(n, Math.max(0, start));
  let cdf = binomialCdf(r, n, p);
  while (cdf < level && r < n) {
    r += 1;
    cdf = binomialCdf(r, n, p);
  }
  while (r > 0) {
    const below = binomialCdf(r - 1, n, p);
    if (below < level) break;
    r -= 1;
    cdf = below;
  }
  return { r, cdf, pmf: binomialPmf(r, n, p) };
}
