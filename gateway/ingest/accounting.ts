/** What a commit has made of the numbers of a journal, in what is held of it in memory. */
import { RATINGS, type Rating } from '../../protocol/vote.ts';
import type { KnownNumber, VoteRecord } from '../store/ledger.ts';
import type { Journal } from './journal.ts';

/** What the store knew of numbers that were accounted for when their message was judged, and may have been no vote's. */
export type KnownNumbers = ReadonlyMap<number, KnownNumber>;

export function accountVote(
  journal: Journal,
  { seq, rating }: Pick<VoteRecord, 'seq' | 'rating'>,
  known: KnownNumbers | null,
): void {
  // A number given up for lost or set aside, and then sent well after all, is simply stored.
  if (journal.lost + journal.quarantined > 0 && journal.accounted.has(seq)) {
    const was = known?.get(seq);
    // Of one that was not accounted for then, a message before this one has set a malformed body aside.
    if (was === undefined || was.setAsideReason !== null) {
      journal.quarantined -= 1;
      if (was?.isUndecided !== false) journal.held = Math.max(0, journal.held - 1);
    } else noLongerLost(journal, was);
  }
  journal.accounted.add(seq);
  journal.stored[RATINGS[rating] as Rating] += 1;
}

/** The number was set aside: what came under it is kept for a person. */
export function accountHeld(journal: Journal, seq: number, known: KnownNumbers | null): void {
  const was = known?.get(seq);
  if (was !== undefined && !was.isStored) {
    if (was.setAsideReason !== null) {
      // In the place of another, which a person may have decided on.
      if (!was.isUndecided) journal.held += 1;
      return;
    }
    noLongerLost(journal, was);
  } else if (journal.accounted.has(seq)) {
    // The same message came twice before this commit, or well: one number is set aside once.
    return;
  } else journal.accounted.add(seq);
  journal.quarantined += 1;
  journal.held += 1;
}

function noLongerLost(journal: Journal, was: KnownNumber): void {
  journal.lost -= 1;
  if (was.isWrittenOff) journal.writtenOff = Math.max(0, journal.writtenOff - 1);
}
