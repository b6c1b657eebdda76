/**
 * What a rate of few votes is worth beside its siblings: drawn towards theirs, the more the fewer its votes are. Shown beside the raw
 * figure, never instead of it.
 */
import { requireShareOf, StatisticsRefusal } from './refusal.ts';

/** A beta distribution as the rate that it expects and the votes that it is worth: α = mean·strength, β = (1 − mean)·strength. */
export type Prior = { mean: number; strength: number };
export type ShareCount = { x: number; n: number };

/**
 * From siblings, by the method of moments with n as weights: Kleinman, Proportions with extraneous variance: single and independent
 * samples, JASA 68 (1973) 46–54. The strength is at most the siblings' votes: they cannot be worth more than they are; that is also
 * what it is when they differ by no more than chance. Where all are good or all are bad the mean is (x + ½)/(n + 1).
 * @returns null where fewer than two have votes
 * @throws StatisticsRefusal `counts-invalid`
 */
export function priorOf(siblings: readonly ShareCount[]): Prior | null {
  const voted = siblings.filter(({ x, n }) => x !== 0 || n !== 0);
  for (const { x, n } of voted) requireShareOf(x, n);
  if (voted.length < 2) return null;
  let [good, votes, squares] = [0, 0, 0];
  for (const { x, n } of voted) {
    good += x;
    votes += n;
    squares += n * n;
  }
  if (good === 0 || good === votes) return { mean: (good + 0.5) / (votes + 1), strength: votes };
  const mean = good / votes;
  let spread = 0;
  for (const { x, n } of voted) spread += n * (x / n - mean) ** 2;
  const byChance = voted.length - 1;
  const room = votes - squares / votes - byChance;
  // Intraclass correlation ρ, and α + β = 1/ρ − 1.
  const correlation = room > 0 ? (spread / (mean * (1 - mean)) - byChance) / room : 0;
  const strength = correlation <= 0 ? votes : Math.max(0, Math.min(votes, 1 / correlation - 1));
  return { mean, strength };
}

/** (α + x) / (α + β + n); without a vote, the prior's mean. @throws StatisticsRefusal `counts-invalid` */
export function shrunkShare({ x, n }: ShareCount, { mean, strength }: Prior): number {
  if (n === 0 && x === 0) return mean;
  requireShareOf(x, n);
  if (!(mean >= 0 && mean <= 1 && strength >= 0))
    throw new StatisticsRefusal(
      'level-invalid',
      `a prior of mean ${mean}, strength ${strength}: no distribution`,
    );
  return (mean * strength + x) / (strength + n);
}
