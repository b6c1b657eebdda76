/** Spans of votes that a person has taken out of the scores, by press time. */

/** Whose: a terminal's; a system's, everywhere or at a window; or whatever came at a window. Each that is not null must be the vote's. */
export type ExcludedKeys = { terminalKey: number | null; originKey: number | null; windowKey: number | null };
export type ExcludedSpan = ExcludedKeys & { from: number; to: number; endedAt: number | null };

/** In the place of a system's journal is the system itself. */
export type VotePlace = { journalKey: number; windowKey: number; at: number };

export type Exclusions = {
  /** @param terminalKey null of what is no terminal's */
  excludes(vote: VotePlace, terminalKey: number | null): boolean;
};

/** Whether it is taken back or not. */
export const isWithin = (
  span: Omit<ExcludedSpan, 'endedAt'>,
  { journalKey, windowKey, at }: VotePlace,
  terminalKey: number | null,
): boolean =>
  at >= span.from &&
  at < span.to &&
  (span.terminalKey === null || span.terminalKey === terminalKey) &&
  (span.originKey === null || span.originKey === journalKey) &&
  (span.windowKey === null || span.windowKey === windowKey);

export function createExclusions(spans: readonly ExcludedSpan[]): Exclusions {
  const byTerminal = new Map<number, ExcludedSpan[]>();
  const others: ExcludedSpan[] = [];
  for (const span of spans) {
    if (span.endedAt !== null) continue;
    const known = span.terminalKey === null ? others : byTerminal.get(span.terminalKey);
    if (known) known.push(span);
    else if (span.terminalKey !== null) byTerminal.set(span.terminalKey, [span]);
  }
  const isAmong = (some: readonly ExcludedSpan[] | undefined, vote: VotePlace, terminalKey: number | null) =>
    some?.some((span) => isWithin(span, vote, terminalKey)) ?? false;
  return {
    excludes(vote, terminalKey) {
      // Nearly always there is none at all.
      if (others.length > 0 && isAmong(others, vote, terminalKey)) return true;
      if (byTerminal.size === 0 || terminalKey === null) return false;
      return isAmong(byTerminal.get(terminalKey), vote, terminalKey);
    },
  };
}
