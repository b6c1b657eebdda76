import type { Completeness } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';

/** The two evidences for one journal: what the gateway holds, and what the terminal says it has taken. */
export type Evidence = {
  /** Votes stored or quarantined under their number. */
  received: number;
  /** Stored votes a rating. */
  stored: Counts;
  /** Quarantined under their number: their rating is not counted. */
  quarantined: number;
  /** Numbers that the terminal can no longer send. */
  lost: number;
  /** The terminal's cumulative totals; null before it has said any. */
  totals: Counts | null;
  /** Highest number the terminal has given, as far as it has said. */
  announced: number;
};

export const UNKNOWN: Completeness = { state: 'unknown', pending: 0, lost: 0 };

export function reconcile(evidence: Evidence): Completeness {
  const { received, stored, quarantined, lost, totals, announced } = evidence;
  const claimed = totals ? totals.satisfied + totals.basically + totals.unsatisfied : 0;
  const taken = Math.max(claimed, announced, received + lost);
  if (taken === 0 && !totals) return { state: 'complete', pending: 0, lost: 0 };
  const pending = taken - received - lost;
  if (pending > 0) return { state: 'pending', pending, lost };
  if (lost > 0) return { state: 'lost', pending: 0, lost };
  // Ratings can be compared only at the same point: when the totals speak of exactly the votes that are here.
  const comparable = totals !== null && claimed === received && quarantined === 0;
  const equal =
    totals !== null &&
    totals.satisfied === stored.satisfied &&
    totals.basically === stored.basically &&
    totals.unsatisfied === stored.unsatisfied;
  return { state: comparable && !equal ? 'mismatch' : 'complete', pending: 0, lost: 0 };
}

const RANK = { complete: 0, unknown: 1, pending: 2, lost: 3, mismatch: 4 } as const;

/** Of several: the worst state, the sums. Nothing at all is unknown. */
export function combine(parts: Iterable<Completeness>): Completeness {
  let worst: Completeness | null = null;
  let [pending, lost] = [0, 0];
  for (const part of parts) {
    pending += part.pending;
    lost += part.lost;
    if (!worst || RANK[part.state] > RANK[worst.state]) worst = part;
  }
  return worst ? { state: worst.state, pending, lost } : UNKNOWN;
}
