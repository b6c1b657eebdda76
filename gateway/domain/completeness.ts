import { COMPLETENESS_STATES, type Completeness } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';

/** The two evidences for one journal: what the gateway holds, and what the terminal says it has taken. */
export type Evidence = {
  /** Votes stored or quarantined under their number. */
  received: number;
  /** Stored votes a rating. */
  stored: Counts;
  /** Quarantined under their number: their rating is not counted. */
  quarantined: number;
  /** Of these, the ones that no person has decided on yet. */
  held: number;
  /** Numbers that the terminal can no longer send. */
  lost: number;
  /** Of these, the ones that a person has written off. */
  writtenOff: number;
  /** The terminal's cumulative totals; null before it has said any. */
  totals: Counts | null;
  /** Highest number the terminal has given, as far as it has said. */
  announced: number;
  /** The terminal has said numbers that cannot be true: nothing it says of this journal is proof. */
  implausible: boolean;
};

const COMPLETE: Completeness = { state: 'complete', pending: 0, held: 0, setAside: 0, lost: 0, since: null };
export const UNKNOWN: Completeness = { ...COMPLETE, state: 'unknown' };

export function reconcile(evidence: Evidence): Completeness {
  const { received, stored, quarantined, held, totals, announced, implausible } = evidence;
  const lost = evidence.lost - evidence.writtenOff;
  const claimed = totals ? totals.satisfied + totals.basically + totals.unsatisfied : 0;
  const accounted = received + evidence.lost;
  const pending = Math.max(claimed, announced, accounted) - accounted;
  // Written out: it is made with every vote.
  const found = (state: Completeness['state']): Completeness => ({
    state,
    pending,
    held,
    setAside: 0,
    lost,
    since: null,
  });
  // Ratings can be compared only at the same point: when the totals speak of exactly the votes that are here.
  const comparable = totals !== null && claimed === received && quarantined === 0;
  const equal =
    totals !== null &&
    totals.satisfied === stored.satisfied &&
    totals.basically === stored.basically &&
    totals.unsatisfied === stored.unsatisfied;
  if (implausible || (comparable && !equal)) return found('mismatch');
  if (lost > 0) return found('lost');
  if (held > 0) return found('held');
  return found(pending > 0 ? 'pending' : 'complete');
}

/**
 * What a terminal's journals add up to, now. While it is silent it may take votes that nobody has heard of, so its part is
 * unknown from the moment it was last heard; unless a person has closed all of its journals: then nothing is expected of it.
 */
export function standingOf(terminal: {
  /** Of every journal that is not closed. */
  journals: readonly Completeness[];
  /** A journal of it is known, and every one is closed. */
  allClosed: boolean;
  online: boolean;
  lastSeenAt: number | null;
  /** Votes in journals that were put away on its card. */
  setAside: number;
}): Completeness {
  const { journals, allClosed, online, lastSeenAt, setAside } = terminal;
  const [only] = journals;
  if (only && online && setAside === 0 && journals.length === 1) return only;
  const aside: Completeness[] = setAside > 0 ? [{ ...COMPLETE, state: 'set-aside', setAside }] : [];
  if (allClosed && aside.length === 0) return COMPLETE;
  const silent: Completeness[] = online || allClosed ? [] : [{ ...UNKNOWN, since: lastSeenAt }];
  return combine([...journals, ...silent, ...aside]);
}

const RANK = Object.fromEntries(COMPLETENESS_STATES.map((state, rank) => [state, rank])) as Record<
  Completeness['state'],
  number
>;

/** Of several: the worst state, the sums, the earliest silence. Nothing at all is unknown. */
export function combine(parts: Iterable<Completeness>): Completeness {
  let all: Completeness | null = null;
  for (const part of parts) {
    if (!all) {
      all = { ...part };
      continue;
    }
    if (RANK[part.state] > RANK[all.state]) all.state = part.state;
    all.pending += part.pending;
    all.held += part.held;
    all.setAside += part.setAside;
    all.lost += part.lost;
    if (part.since !== null && (all.since === null || part.since < all.since)) all.since = part.since;
  }
  return all ?? UNKNOWN;
}
