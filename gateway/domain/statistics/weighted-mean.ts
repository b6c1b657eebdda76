/**
 * The mean of answers of unlike worth and its score interval: every μ with n(x̄ − μ)² ≤ z²·V(μ), V(μ) the variance under the
 * multinomial maximum-likelihood estimate that is constrained to mean μ. Lang, Score and profile likelihood confidence intervals for
 * contingency table parameters, Statistics in Medicine 27 (2008) 5975–5990. README.md says how it comes down to one equation.
 */
import type { Estimate } from './interval.ts';
import { zOf } from './normal.ts';
import { requireWeights, StatisticsRefusal } from './refusal.ts';

/** @returns the sum. @throws StatisticsRefusal `counts-invalid` */
function requireAnswers(counts: readonly number[], weights: readonly number[]): number {
  let n = 0;
  let valid = counts.length === weights.length;
  for (const count of counts) {
    valid &&= Number.isSafeInteger(count) && count >= 0;
    n += count;
  }
  if (!valid || !Number.isSafeInteger(n) || n === 0)
    throw new StatisticsRefusal(
      'counts-invalid',
      `${counts.join(', ')} are no counts of votes: give a whole number a weight, at least one vote`,
    );
  return n;
}

/**
 * How far below the mean the interval reaches.
 * @param shares of the votes @param d weights less the mean @param sign -1 turns everything round: how far above
 * @param c z²/n @param lowest the least d, whether or not somebody chose it
 */
function reachOf(shares: number[], d: number[], sign: 1 | -1, c: number, lowest: number): number {
  if (!(lowest < 0)) return 0;
  const a = 1 + c;
  const pole = a / -lowest;
  // G(λ) = λ² Σ f d²/(a + λd) − ac: below 0 at 0, growing and convex up to the pole.
  let [value, slope] = [0, 0];
  const evaluate = (lambda: number) => {
    let [sum, turn] = [0, 0];
    for (let k = 0; k < d.length; k++) {
      const share = shares[k] as number;
      if (share === 0) continue;
      const dk = sign * (d[k] as number);
      const under = a + lambda * dk;
      const part = (share * dk * dk) / under;
      sum += part;
      turn += (part * dk) / under;
    }
    value = lambda * lambda * sum - a * c;
    slope = lambda * (2 * sum - lambda * turn);
  };
  let chosen = false;
  for (let k = 0; k < d.length; k++)
    chosen ||= (shares[k] as number) > 0 && sign * (d[k] as number) === lowest;
  if (!chosen) {
    // Nobody chose the lowest, so there is no pole: with the root beyond it, the estimate puts what is missing on the lowest.
    evaluate(pole);
    if (value <= 0) return c / pole;
  }
  let [low, high] = [0, pole];
  let variance = 0;
  for (let k = 0; k < d.length; k++) variance += (shares[k] as number) * (d[k] as number) ** 2;
  let lambda = Math.min(a * Math.sqrt(c / variance), pole / 2);
  for (let step = 0; step < 200; step++) {
    evaluate(lambda);
    if (value > 0) high = lambda;
    else low = lambda;
    let next = lambda - value / slope;
    if (!(next >= low && next <= high)) next = (low + high) / 2;
    const move = Math.abs(next - lambda);
    lambda = next;
    // What is left is of the order of the move's square.
    if (move <= 1e-9 * lambda) break;
  }
  return c / lambda;
}

/**
 * @param counts answers a kind, @param weights what each is worth, in the same order; the figures are in the weights' own unit.
 * @throws StatisticsRefusal `counts-invalid`, `weights-invalid`, `level-invalid`
 */
export function weightedMean(
  counts: readonly number[],
  weights: readonly number[],
  confidence: number,
): Estimate {
  requireWeights(weights);
  const n = requireAnswers(counts, weights);
  const z = zOf(confidence);
  const shares = counts.map((count) => count / n);
  // From the differences of weights: the mean's own rounding must not be part of a small one.
  const d = weights.map((weight) => {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += (shares[k] as number) * (weight - (weights[k] as number));
    return sum;
  });
  let total = 0;
  for (let k = 0; k < weights.length; k++) total += (counts[k] as number) * (weights[k] as number);
  const value = total / n;
  const c = (z * z) / n;
  return {
    value,
    lower: Math.max(Math.min(...weights), value - reachOf(shares, d, 1, c, Math.min(...d))),
    upper: Math.min(Math.max(...weights), value + reachOf(shares, d, -1, c, -Math.max(...d))),
  };
}
