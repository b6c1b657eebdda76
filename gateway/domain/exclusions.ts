/** Spans of terminals' votes that a person has taken out of the scores, by press time. */
export type ExcludedSpan = { terminalKey: number; from: number; to: number; endedAt: number | null };

export type Exclusions = {
  /** @param terminalKey null of what is no terminal's */
  excludes(terminalKey: number | null, at: number): boolean;
};

export function createExclusions(spans: readonly ExcludedSpan[]): Exclusions {
  const byTerminal = new Map<number, ExcludedSpan[]>();
  for (const span of spans) {
    if (span.endedAt !== null) continue;
    const known = byTerminal.get(span.terminalKey);
    if (known) known.push(span);
    else byTerminal.set(span.terminalKey, [span]);
  }
  return {
    excludes(terminalKey, at) {
      // Nearly always there is none at all.
      if (byTerminal.size === 0 || terminalKey === null) return false;
      return byTerminal.get(terminalKey)?.some(({ from, to }) => at >= from && at < to) ?? false;
    },
  };
}
