/**
 * Limits of a share that hold for every n and every true share, however far out: Clopper & Pearson, The use of confidence or fiducial
 * limits illustrated in the case of the binomial, Biometrika 26 (1934) 404–413.
 */
import { betaFraction } from './beta.ts';
import type { Interval } from './interval.ts';
import { normalQuantile } from './normal.ts';
import { requireLevel, requireShareOf } from './refusal.ts';
import { deviance, stirlingError } from './saddle-point.ts';
import { lowerEnd } from './share.ts';

/**
 * p with P(X ≥ x | n, p) = level, for a level below a half, from Wilson's end on. The logarithm of that probability grows and is
 * concave in ln(p/(1−p)): from anywhere Newton's method is left of the root after one step, and then climbs to it.
 */
function lowerLimit(x: number, n: number, logLevel: number, z: number): number {
  if (x === 0) return 0;
  if (x === n) return Math.exp(logLevel / n);
  const constant =
    stirlingError(n) -
    stirlingError(x) -
    stirlingError(n - x) -
    Math.log((2 * Math.PI * x * (n - x)) / n) / 2;
  const start = lowerEnd(x, n, z);
  let theta = Math.log(start / (1 - start));
  let p = start;
  for (let step = 0; step < 100; step++) {
    const q = 1 / (1 + Math.exp(theta));
    p = 1 - q < 0.5 ? Math.exp(theta) * q : 1 - q;
    const fraction = betaFraction(x, n - x + 1, p);
    const excess = constant - deviance(x, n * p) - deviance(n - x, n * q) + Math.log(q * fraction) - logLevel;
    const slope = x / fraction;
    const newton = -excess / slope;
    // Halley's step beside Newton's: the second derivative comes for nothing.
    const bend = (newton * (x - (n + 1) * p - slope)) / 2;
    const move = Math.abs(bend) < 0.5 ? newton / (1 + bend) : newton;
    theta += move;
    // What is left of the excess is of the order of its third power.
    if (Math.abs(excess) < 1e-4) return p * (1 + q * move * (1 + ((q - p) * move) / 2));
  }
  return p;
}

/** One-sided at `level` each: both hold with a probability of at least 1 − 2·level. */
export function exactLimits(x: number, n: number, level: number): Interval {
  requireShareOf(x, n);
  requireLevel(2 * level, 'twice the level');
  const z = -normalQuantile(level);
  const logLevel = Math.log(level);
  return { lower: lowerLimit(x, n, logLevel, z), upper: 1 - lowerLimit(n - x, n, logLevel, z) };
}
