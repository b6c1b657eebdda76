/**
 * Where a figure may lie by chance alone, for its number of votes. Spiegelhalter, Funnel plots for comparing institutional performance,
 * Statistics in Medicine 24 (2005) 1185–1202, with the exact limits of its appendix A.1.1.
 */
import { binomialQuantile } from './binomial.ts';
import type { Interval } from './interval.ts';
import { gammaQuantile } from './poisson.ts';
import { requireLevel, requireShareOf, StatisticsRefusal } from './refusal.ts';

/** Beyond `alert` one in twenty lies by chance, beyond `alarm` one in five hundred. */
export type FunnelLimits = { alert: Interval; alarm: Interval };
const ALERT = 0.025;
const ALARM = 0.001;

/** The exact quantile of a share, interpolated between counts, so that limits do not jump with n; in 0 to 1. */
export function funnelLimit(level: number, n: number, target: number): number {
  requireShareOf(0, n);
  requireLevel(target, 'the target');
  const { r, cdf, pmf } = binomialQuantile(level, n, target);
  return Math.min(1, Math.max(0, (r - (cdf - level) / pmf) / n));
}

/** @throws StatisticsRefusal `counts-invalid`, `level-invalid` */
export function funnelLimits(n: number, target: number): FunnelLimits {
  const between = (level: number) => ({
    lower: funnelLimit(level, n, target),
    upper: funnelLimit(1 - level, n, target),
  });
  return { alert: between(ALERT), alarm: between(ALARM) };
}

/** Exact Poisson limits of a count over what was expected (Garwood 1936). @throws StatisticsRefusal `counts-invalid`, `level-invalid` */
export function countLimits(expected: number, level: number): Interval {
  if (!(expected > 0 && Number.isFinite(expected)))
    throw new StatisticsRefusal('counts-invalid', `${expected} are expected: give a number above 0`);
  return {
    lower: gammaQuantile(level, expected) / expected,
    upper: gammaQuantile(1 - level, expected + 1) / expected,
  };
}

/** Beyond which limits, and on which side; never a matter of the target alone. */
export type FunnelPlace = { zone: 'inside'; side: null } | { zone: 'alert' | 'alarm'; side: 'low' | 'high' };

export function funnelPlace(share: number, { alert, alarm }: FunnelLimits): FunnelPlace {
  if (share < alarm.lower) return { zone: 'alarm', side: 'low' };
  if (share > alarm.upper) return { zone: 'alarm', side: 'high' };
  if (share < alert.lower) return { zone: 'alert', side: 'low' };
  return share > alert.upper ? { zone: 'alert', side: 'high' } : { zone: 'inside', side: null };
}

/** Above this the limits are too tight for real life: what is outside may differ by what no window can help. */
export const OVERDISPERSED = 1.5;

/**
 * φ, how much more the shares differ than chance makes them: the mean squared z against the target, the outermost tenth on either side
 * drawn in to the next (Spiegelhalter 2005, appendix A.3.1).
 * @returns null of nothing
 * @throws StatisticsRefusal `counts-invalid`, `level-invalid`
 */
export function overDispersion(
  shares: readonly { x: number; n: number }[],
  target: number,
  drawnIn = 0.1,
): number | null {
  requireLevel(target, 'the target');
  if (drawnIn !== 0) requireLevel(2 * drawnIn, 'twice the part that is drawn in');
  const z = shares.map(({ x, n }) => {
    requireShareOf(x, n);
    return (x - n * target) / Math.sqrt(n * target * (1 - target));
  });
  if (z.length === 0) return null;
  z.sort((a, b) => a - b);
  const cut = Math.floor(drawnIn * z.length);
  const [low, high] = [z[cut] as number, z[z.length - 1 - cut] as number];
  return z.reduce((sum, one) => sum + Math.min(high, Math.max(low, one)) ** 2, 0) / z.length;
}
