/**
 * When was it pressed? A terminal's word is taken when it can be true by the gateway's clock and by what is known of its
 * journal. When it cannot, the press is a press all the same: it is placed by the gateway's own time, and marked.
 */

/** Clocks that differ by more disagree: one of them is wrong. Also what a journal's history leaves open. */
export const CLOCK_TOLERANCE_MS = 10 * 60_000;
/** Without any history: nothing is older. */
export const MAX_VOTE_AGE_MS = 400 * 24 * 3_600_000;

/** Can it be, by the gateway's clock and by what is known of its journal? The quick way for nearly every vote. */
export function isBelievable(at: number, receivedAt: number, notBefore: number): boolean {
  return at <= receivedAt + CLOCK_TOLERANCE_MS && at >= earliestOf(receivedAt, notBefore);
}

const earliestOf = (receivedAt: number, notBefore: number) =>
  Math.max(notBefore - CLOCK_TOLERANCE_MS, receivedAt - MAX_VOTE_AGE_MS);

export type Placing = {
  receivedAt: number;
  /** The number did not exist before. */
  notBefore: number;
  /** By the monotonic clock of its boot, when the terminal has told both at once in this connection; null else. */
  byMonotonic: number | null;
  /** The terminal's clock and the gateway's disagree. */
  isClockApart: boolean;
};

/** @returns `at` itself, or, when it cannot be, where the press is placed instead; milliseconds. */
export function placeVote(at: number, { receivedAt, notBefore, byMonotonic, isClockApart }: Placing): number {
  const contradicted =
    isClockApart && byMonotonic !== null && Math.abs(byMonotonic - at) > CLOCK_TOLERANCE_MS;
  if (!contradicted && isBelievable(at, receivedAt, notBefore)) return at;
  const earliest = Math.max(earliestOf(receivedAt, notBefore), Math.min(notBefore, receivedAt));
  return Math.min(receivedAt, Math.max(byMonotonic ?? receivedAt, earliest));
}
