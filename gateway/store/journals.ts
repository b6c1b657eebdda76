/** The port to what is kept of terminals' journals: what is stored of each, and what its terminal has said of it. */
import type { Counts } from '../../protocol/vote.ts';
import type { Known } from '../domain/journal-history.ts';
import type { Range } from '../domain/seq-ranges.ts';

/** A journal: one epoch of one terminal. */
export type JournalIdentity = { key: number; terminalKey: number; epoch: string };

/** What a terminal has said of its journal. */
export type Announced = {
  totals: Counts | null;
  announced: number;
  /** The newest that was noted of how many votes the journal has had. */
  known: Known;
  /** Nothing of the journal is older; null when that is not known. */
  floorAt: number | null;
};

export type KeptJournal = JournalIdentity &
  Announced & {
    /** What is stored of the journal, and the highest number stored, from the rollups. */
    stored: Counts;
    lastSeq: number;
    /** Some of its numbers are noted as lost. */
    hasLost: boolean;
    /** Numbers accounted for by a quarantine record. */
    quarantined: number;
    /** Numbers with a quarantine record that no person has decided on: of these, and other bodies under a stored number. */
    held: number;
    /** Lost numbers that a person has written off, and that have not come after all. */
    writtenOff: number;
    /** When a person closed it. */
    closedAt: number | null;
    /** Numbers that are accounted for, as of the same moment, of one that was read alone and is not simply all up to `lastSeq`. */
    accounted?: readonly Range[] | null;
  };

export type Announcement = Announced & { journalKey: number };

export interface JournalStore {
  /** Of all terminals, by key. @throws StoreFailure */
  journals(): Promise<KeptJournal[]>;
  /** One of them. @throws StoreFailure */
  journal(key: number): Promise<KeptJournal | undefined>;
  /** In one transaction. Numbers only grow. @throws StoreFailure; then none is saved. */
  saveAnnouncements(announcements: readonly Announcement[]): Promise<void>;
}
