import { DEFAULT_CONFIDENCE, type Estimate } from './interval.ts';
import { zOf } from './normal.ts';
import { requireShareOf } from './refusal.ts';

/**
 * The lower end: the smaller root of (n + z²)p² − (2x + z²)p + x²/n, by the product of both, so that no nearly equal numbers are
 * subtracted.
 */
export function lowerEnd(x: number, n: number, z: number): number {
  if (x === 0) return 0;
  const larger = 2 * x + z * z + z * Math.sqrt(z * z + 4 * x * ((n - x) / n));
  return (2 * x * (x / n)) / larger;
}

/**
 * The share x/n and its score interval, all in 0 to 1. Wilson, Probable inference, the law of succession, and statistical inference,
 * JASA 22 (1927) 209–212; without correction for continuity.
 * @throws StatisticsRefusal `counts-invalid`, `level-invalid`
 */
export function shareOf(x: number, n: number, confidence: number = DEFAULT_CONFIDENCE): Estimate {
  requireShareOf(x, n);
  const z = zOf(confidence);
  return { value: x / n, lower: lowerEnd(x, n, z), upper: 1 - lowerEnd(n - x, n, z) };
}
