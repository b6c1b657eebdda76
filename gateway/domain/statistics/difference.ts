import type { Estimate } from './interval.ts';

/**
 * How much the first of two independent figures is greater, with an interval from both of theirs. For two shares it is Newcombe's
 * hybrid score interval (Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998)
 * 873–890, method 10); for any two figures with intervals of the same confidence, MOVER (Zou & Donner, Construction of confidence
 * limits about effect measures, Statistics in Medicine 27 (2008) 1693–1702).
 */
export function differenceOf(first: Estimate, second: Estimate): Estimate {
  const value = first.value - second.value;
  return {
    value,
    lower: value - Math.hypot(first.value - first.lower, second.upper - second.value),
    upper: value + Math.hypot(first.upper - first.value, second.value - second.lower),
  };
}

/** Whether there is a difference beyond chance, and which way. */
export const CHANGES = ['greater', 'smaller', 'open'] as const;
export type Change = (typeof CHANGES)[number];

export function changeOf({ lower, upper }: Pick<Estimate, 'lower' | 'upper'>): Change {
  if (lower > 0) return 'greater';
  return upper < 0 ? 'smaller' : 'open';
}
