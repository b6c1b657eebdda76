/** Is a press time believable? A terminal bounds and marks what it cannot date; this is the gateway's own border. */
export const MAX_VOTE_AGE_MS = 400 * 24 * 3_600_000;
export const MAX_VOTE_AHEAD_MS = 10 * 60_000;

export type TimeRefusal = 'time-too-old' | 'time-in-future';

export function checkVoteTime(at: number, receivedAt: number): TimeRefusal | null {
  if (at < receivedAt - MAX_VOTE_AGE_MS) return 'time-too-old';
  if (at > receivedAt + MAX_VOTE_AHEAD_MS) return 'time-in-future';
  return null;
}
