/** What a case has measured, for people. */
export function tellFigure(text: string): void {
  process.stdout.write(`      ${text}\n`);
}

/** @param share 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function spread(values: readonly number[], unit = 'ms'): string {
  const at = (share: number) => Math.round(percentile(values, share));
  return `p50 ${at(0.5)} ${unit}, p99 ${at(0.99)} ${unit}, worst ${Math.round(Math.max(...values))} ${unit}`;
}
