/**
 * A share of 0 to 1 as a percentage with one decimal, cut off and never rounded up: 100% only when it is exactly all,
 * 0% only when it is exactly none.
 */
export function formatRate(rate: number): string {
  if (rate >= 1) return '100%';
  if (rate <= 0) return '0%';
  const tenths = cutOff(rate * 1000);
  return tenths === 0 ? '<0.1%' : `${(Math.min(tenths, 999) / 10).toFixed(1)}%`;
}

/** An index of 0 to 100 with one decimal, by the same rule. */
export function formatIndex(index: number): string {
  if (index >= 100) return '100';
  if (index <= 0) return '0';
  const tenths = cutOff(index * 10);
  return tenths === 0 ? '<0.1' : (Math.min(tenths, 999) / 10).toFixed(1);
}

/** A target of 0 to 1 as it was configured: `85%`, `92.5%`. */
export function formatTarget(target: number): string {
  return `${Number((target * 100).toFixed(2))}%`;
}

const grouped = new Intl.NumberFormat('en-US');

/** `1,284`: the same in both languages. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** k / n × 1000 of whole numbers below 10⁹ is either whole or 10⁻⁹ away from it, so this only mends float noise. */
function cutOff(value: number): number {
  return Math.floor(value + 1e-9);
}
