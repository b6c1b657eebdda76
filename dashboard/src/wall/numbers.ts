import { cutOff, cutOffPercent } from '../../../protocol/shown-figures.ts';

/**
 * So many of all as a percentage, cut off and never rounded up, by whole numbers: 100% only when it is exactly all, 0% only when it is
 * exactly none.
 */
export function formatShare(count: number, all: number, digits = 1): string {
  if (count === all) return '100%';
  if (count === 0) return '0%';
  const shown = cutOffPercent(count, all, digits);
  return Number(shown) === 0 ? `<${least(digits)}%` : `${shown}%`;
}

/** An index of 0 to 100 with one decimal, by the same rule. */
export function formatIndex(index: number): string {
  if (index >= 100) return '100';
  if (index <= 0) return '0';
  const shown = cutOff(index, 1, 0);
  return Number(shown) === 0 ? `<${least(1)}` : shown;
}

/** `94.78%–97.11%`: the ends are cut off too, so that one below the target is seen to be. */
export function formatInterval({ lower, upper }: { lower: number; upper: number }, digits = 1): string {
  const [from, to] = [lower, upper].map((end) => (end >= 1 ? '100' : cutOff(end, digits, 2)));
  return `${from}%–${to}%`;
}

/** A target of 0 to 1 as it was configured: `85%`, `92.5%`; a confidence too. */
export function formatTarget(target: number): string {
  return `${Number((target * 100).toFixed(2))}%`;
}

const grouped = new Intl.NumberFormat('en-US');

/** `1,284`: the same in both languages. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

const least = (digits: number) => 1 / 10 ** digits;
