/** What is known of one journal: which numbers of it are here, and what its terminal says that it has taken. */
import type { Counts } from '../../protocol/vote.ts';
import type { JournalHistory } from '../domain/journal-history.ts';
import type { Range, SeqRanges } from '../domain/seq-ranges.ts';

/** Ranges above a journal's contiguous part. An honest terminal makes a handful, after losses. */
export const MAX_FRAGMENTS = 1_024;

export type Journal = {
  key: number;
  terminalKey: number;
  /** Known once the terminal has spoken to this process. */
  terminalId: string;
  epoch: string;
  accounted: SeqRanges;
  stored: Counts;
  quarantined: number;
  /** Of these, what no person has decided on yet. */
  held: number;
  /** Numbers under which another body came than the stored one, and no person has decided yet. */
  conflicts: Set<number>;
  lost: number;
  /** Numbers that were lost, and are held now. */
  heldLost: Set<number>;
  /** Of the lost, what a person has written off. */
  writtenOff: number;
  /** A person has closed it: nothing more is expected of it. */
  closed: boolean;
  /** What the terminal last said of it cannot be true. */
  implausible: boolean;
  totals: Counts | null;
  announced: number;
  history: JournalHistory;
  /** What the terminal said has changed since it was last saved. */
  unsaved: boolean;
};

export function receivedOf({ stored, quarantined }: Journal): number {
  return stored.satisfied + stored.basically + stored.unsatisfied + quarantined;
}

export function heldIn({ held, conflicts }: Journal): number {
  return held + conflicts.size;
}

/** The terminal has had `last` votes of it by now. */
export function noteKnown(journal: Journal, last: number, now: number): void {
  journal.history.note(last, now);
  journal.unsaved = true;
}

/** Totals only grow; a terminal that says fewer than before is believed where it said most. */
export function takeTotals(journal: Journal, totals: Counts): void {
  const sum = (counts: Counts) => counts.satisfied + counts.basically + counts.unsatisfied;
  if (journal.totals && sum(totals) <= sum(journal.totals)) return;
  journal.totals = totals;
  journal.unsaved = true;
}

/** Of the numbers up to `gone`, which the terminal no longer has: those that are not here. */
export function lostUpTo({ accounted }: Journal, gone: number): Range[] {
  return gone <= accounted.upTo ? [] : accounted.missing(gone, Number.POSITIVE_INFINITY);
}

export function giveUp(journal: Journal, ranges: Range[]): void {
  for (const [from, to] of ranges) {
    journal.accounted.add(from, to);
    journal.lost += to - from + 1;
  }
}

export function takeAnnounced(journal: Journal, last: number): void {
  if (last <= journal.announced) return;
  journal.announced = last;
  journal.unsaved = true;
}
