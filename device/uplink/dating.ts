/**
 * Dates for votes whose boot did not know the time. A boot with an anchor gives them exactly. One that never had an anchor
 * ended before the next one began: its votes are put as late as they can have been, in their order and at their distances,
 * and stay marked `estimated`.
 */
import type { Vote } from '../../protocol/vote.ts';
import { type Anchor, type DeviceClock, dateBy } from '../board/clock.ts';
import type { Journal } from '../journal/journal.ts';

/** A wall clock that shows less has never been set: there was no Manyi before 2026. */
export const PLAUSIBLE_FROM_MS = Date.UTC(2026, 0, 1);

export type Dating = (vote: Vote) => Vote;

export function createDating(
  journal: Pick<Journal, 'epoch' | 'anchorOf' | 'boots'>,
  clock: DeviceClock,
): Dating {
  let latest = new Map<string, number>();
  let knownFor = '';

  /** The latest offset of each boot before this one, from this boot's start backwards. */
  const latestOffsets = (): Map<string, number> => {
    const now = clock.anchor();
    // What this boot learns moves its start by seconds at most once it is anchored; not worth reading the journal again.
    const key = `${journal.epoch}/${now.clock === 'estimated' ? now.offsetMs : 'anchored'}`;
    if (key === knownFor) return latest;
    latest = new Map();
    let nextStartMs = now.offsetMs;
    for (const { boot, anchor, lastMono } of journal.boots().reverse()) {
      if (boot === clock.bootId) continue;
      nextStartMs = isKnown(anchor) ? anchor.offsetMs : nextStartMs - lastMono;
      latest.set(boot, nextStartMs);
    }
    knownFor = key;
    return latest;
  };

  return (vote) => {
    if (vote.clock !== 'estimated') return vote;
    const anchor = vote.boot === clock.bootId ? clock.anchor() : journal.anchorOf(vote.boot);
    if (isKnown(anchor)) return { ...vote, ...dateBy(anchor, vote.mono) };
    if (vote.boot === clock.bootId) return vote;
    const offsetMs = latestOffsets().get(vote.boot);
    const isPossible =
      vote.at >= PLAUSIBLE_FROM_MS && (offsetMs === undefined || vote.at - vote.mono <= offsetMs);
    if (isPossible || offsetMs === undefined) return vote;
    return { ...vote, ...dateBy({ offsetMs, clock: 'estimated' }, vote.mono) };
  };
}

/** Is there a date to send a vote of this boot with? One before 2026 tells the gateway nothing. */
export function canDate(clock: DeviceClock): boolean {
  const anchor = clock.anchor();
  return isKnown(anchor) || dateBy(anchor, clock.monoMs()).at >= PLAUSIBLE_FROM_MS;
}

function isKnown(anchor: Anchor | null): anchor is Anchor {
  return anchor !== null && anchor.clock !== 'estimated';
}
