/** What is known of one journal: which numbers of it are here, and what its terminal says that it has taken. */
import type { Counts } from '../../protocol/vote.ts';
import type { Evidence } from '../domain/completeness.ts';
import { JournalHistory } from '../domain/journal-history.ts';
import { type Range, SeqRanges } from '../domain/seq-ranges.ts';
import type { KeptJournal } from '../store/journals.ts';
import type { Ledger } from '../store/ledger.ts';

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

/** Nothing is known of it yet. */
export function beginJournal(
  begun: Pick<Journal, 'key' | 'terminalKey' | 'terminalId' | 'epoch' | 'history'>,
): Journal {
  return {
    ...begun,
    accounted: new SeqRanges(),
    stored: { satisfied: 0, basically: 0, unsatisfied: 0 },
    quarantined: 0,
    held: 0,
    conflicts: new Set(),
    lost: 0,
    writtenOff: 0,
    closed: false,
    implausible: false,
    totals: null,
    announced: 0,
    unsaved: false,
  };
}

/** As it is in the store; which terminal it is will be known when that speaks. @throws StoreFailure */
export async function restoreJournal(
  record: KeptJournal,
  ledger: Pick<Ledger, 'accountedRanges'>,
  perDay: number,
): Promise<Journal> {
  const { key, terminalKey, epoch, stored, quarantined, known, floorAt } = record;
  const history = new JournalHistory({ known, floorAt, perDay });
  const journal = beginJournal({ key, terminalKey, terminalId: '', epoch, history });
  const { accounted } = journal;
  const storedCount = stored.satisfied + stored.basically + stored.unsatisfied;
  // As many votes as the highest number says: no hole. Only another journal is read vote by vote.
  if (storedCount === record.lastSeq && quarantined === 0 && !record.hasLost)
    accounted.add(1, record.lastSeq);
  else
    for (const [from, to] of record.accounted ?? (await ledger.accountedRanges(key))) accounted.add(from, to);
  return Object.assign(journal, {
    stored,
    quarantined,
    held: record.held,
    // Not the sum of the noted ranges: a number given up for lost may have been stored after all.
    lost: accounted.size - storedCount - quarantined,
    writtenOff: record.writtenOff,
    closed: record.closedAt !== null,
    totals: record.totals,
    announced: record.announced,
  });
}

/** What the store has of it, as `read` has been read; what its terminal has said stays. */
export function takeStored(journal: Journal, read: Journal): void {
  const { accounted, stored, quarantined, held, conflicts, lost, writtenOff, closed } = read;
  Object.assign(journal, { accounted, stored, quarantined, held, conflicts, lost, writtenOff, closed });
  const { seq, at } = read.history.known;
  if (at !== null) journal.history.note(seq, at);
  if (read.totals) takeTotals(journal, read.totals);
  takeAnnounced(journal, read.announced);
}

export function receivedOf({ stored, quarantined }: Journal): number {
  return stored.satisfied + stored.basically + stored.unsatisfied + quarantined;
}

/** Named one by one: it is asked with every vote, and a journal that is spread costs more than all that is asked of it. */
export function evidenceIn(journal: Journal): Evidence {
  const { stored, quarantined, lost, writtenOff, totals, announced, implausible } = journal;
  return {
    received: receivedOf(journal),
    stored,
    quarantined,
    held: heldIn(journal),
    lost,
    writtenOff,
    totals,
    announced,
    implausible,
  };
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
