/**
 * The vote on disk before the thank-you. `append` returns after COMMIT with fsync; only `setAcked` (the gateway's own ack)
 * lets votes go, and acked ones stay for a while, so that a gateway restored from a backup can ask for them again.
 * What goes wrong with the card ends nothing here: presses are refused, and every later call tries again.
 */
import type Database from 'better-sqlite3';
import type { Counts, Vote } from '../../protocol/vote.ts';
import type { Anchor } from '../board/clock.ts';
import { codeOf, DeviceError, messageOf } from '../errors.ts';
import { isDiskFull, isUnreadable, openJournalFile } from './journal-file.ts';
import { type BootRecord, type Counters, prepareStatements, type Statements } from './journal-statements.ts';
import { moveIntoNewEpoch } from './new-epoch.ts';
import { dropSettled, dropSurplus, listSetAside, type SetAside } from './set-aside.ts';

export type Journal = {
  /** 32 hexadecimal digits, random at creation; empty while no journal could be opened yet. */
  readonly epoch: string;
  /** Highest seq ever given; 0 before the first. */
  readonly last: number;
  /** Lowest seq still kept; `last` + 1 when none is. */
  readonly first: number;
  readonly acked: number;
  /** `last` as this process found it: what is beyond was pressed, and perhaps sent, by this process alone. */
  readonly lastAtOpen: number;
  /** Why it cannot be written or read now, a coded error; null when all is well as far as is known. */
  readonly trouble: DeviceError | null;
  /** Files beside this one that were set aside, newest first. */
  readonly setAside: readonly SetAside[];
  /** Votes of this epoch, all of them, also those no longer kept. */
  totals(): Counts;
  /**
   * Commits one vote. Throws `journal-full`, `disk-full`, `journal-write-failed` or `journal-cannot-open`: then it is not there
   * and nobody may be thanked.
   */
  append(vote: Omit<Vote, 'seq'>): Vote;
  /** Up to `limit` votes from `from` on, ascending. Nothing while the file cannot be read. */
  read(from: number, limit: number): Vote[];
  /** Moves the cursor, in either direction, within 0…last. Reaches the disk with the next append, flush or close. */
  setAcked(upTo: number): void;
  /** Deletes acked votes pressed before `beforeMs`, and the oldest acked ones beyond the size limit; a step a call. Returns how many. */
  prune(beforeMs: number): number;
  anchorOf(bootId: string): Anchor | null;
  /** Remembers how to date the votes of a boot. */
  saveAnchor(bootId: string, anchor: Anchor): void;
  /** The boots that kept votes are of, oldest first. Reads every vote: for the rare case. */
  boots(): BootRecord[];
  /** Date of the newest vote kept, 0 without any. */
  newestAt(): number;
  /** Bytes in use; null while the file cannot be read. */
  usedBytes(): number | null;
  /** Writes the cursor if it moved, and tries a failed file again. True when something was written. */
  flush(): boolean;
  /** Finds out whether a vote could be taken now, by writing what a vote would and taking it back. Throws as `append` does. */
  rehearse(): void;
  /** Looks again which files are set aside, after something was done with one; deletes what was settled long before `nowMs`. */
  lookAside(nowMs: number): void;
  /** Sets the file aside and goes on with a new epoch, in which the votes from `from` on are the first ones. */
  beginEpoch(from: number): SetAside;
  close(): void;
};

export type JournalOptions = {
  /** A file, or `:memory:` for simulations that lose nothing by it. */
  path: string;
  /** Whose journal it is: one of another terminal is set aside. Left out while that is not known. */
  terminalId?: string | undefined;
  /** Presses are refused beyond this many votes that the gateway does not have: about 60 bytes each. */
  maxVotes?: number;
  /** Acked votes go beyond this, oldest first, however young. */
  maxBytes?: number;
  wallMs?: () => number;
  /** A file was set aside, at open or later. */
  onSetAside?: (aside: SetAside) => void;
  /** Of too many files set aside this one is no more. */
  onDropped?: (aside: SetAside) => void;
};

const DEFAULT_MAX_VOTES = 1_000_000;
const DEFAULT_MAX_BYTES = 64 << 20;
/** A card that does not give back a page so many times in a row never will. */
const UNREADABLE_TRIES = 3;
const NO_COUNTERS: Counters = {
  last: 0,
  first: 1,
  acked: 0,
  totals: { satisfied: 0, basically: 0, unsatisfied: 0 },
};

/** Throws `journal-in-use` or `journal-not-durable`. With every other trouble it opens, says so, and tries again later. */
export function openJournal(options: JournalOptions): Journal {
  const { path, maxVotes = DEFAULT_MAX_VOTES, maxBytes = DEFAULT_MAX_BYTES, wallMs = Date.now } = options;
  let db: Database.Database | null = null;
  let statements: Statements | null = null;
  let epoch = '';
  let counters: Counters = structuredClone(NO_COUNTERS);
  let lastAtOpen = 0;
  let ackedOnDisk = 0;
  let trouble: DeviceError | null = null;
  let unreadable = 0;
  let setAside: SetAside[] = path === ':memory:' ? [] : listSetAside(path);

  /** By what is on the card, not by what was done: a file may have been moved and then no new one begun, for want of room. */
  const tellSetAside = () => {
    if (path === ':memory:') return;
    const known = new Set(setAside.map(({ id }) => id));
    for (const aside of listSetAside(path)) if (!known.has(aside.id)) options.onSetAside?.(aside);
    try {
      for (const dropped of dropSurplus(path)) options.onDropped?.(dropped);
    } catch {
      // A file that cannot be deleted stays: it is no reason not to take votes.
    }
    setAside = listSetAside(path);
  };
  const detach = () => {
    try {
      if (db?.open) db.close();
    } catch {
      // Its last checkpoint did not work; the WAL has it all.
    }
    db = null;
    statements = null;
  };

  /** Opens the file and takes up where it is. Throws a coded error; then nothing is open. */
  const attach = () => {
    detach();
    const { last, acked } = counters;
    try {
      const opened = openJournalFile({
        path,
        terminalId: options.terminalId,
        wallMs,
        unreadableIsDamaged: unreadable >= UNREADABLE_TRIES,
        ...(epoch === '' ? {} : { known: { epoch, unsent: last - acked, last } }),
      });
      db = opened.db;
      statements = prepareStatements(db);
      if (opened.epoch === epoch) {
        if (opened.unwritable !== null) throw opened.unwritable;
        statements.takeBack(last);
        counters = statements.counters();
        counters.acked = Math.min(acked, counters.last);
      } else {
        epoch = opened.epoch;
        counters = statements.counters();
        lastAtOpen = counters.last;
      }
      ackedOnDisk = statements.counters().acked;
      unreadable = 0;
      trouble = opened.unwritable === null ? null : toWriteError(opened.unwritable);
      tellSetAside();
    } catch (error) {
      detach();
      unreadable = isUnreadable(error) ? unreadable + 1 : 0;
      trouble = toWriteError(error);
      throw trouble;
    }
  };

  /** After a failed write or read. Throws while it is of no use. */
  const recover = () => {
    // A full disk breaks nothing that is open: the transaction is rolled back, and the next one may fit.
    if (statements !== null && isDiskFull(trouble?.cause)) return;
    attach();
  };
  const write = <T>(act: (to: Statements) => T): T => {
    if (trouble !== null) recover();
    try {
      const result = act(statements as Statements);
      trouble = null;
      return result;
    } catch (error) {
      const failure = toWriteError(error);
      trouble = failure;
      // A COMMIT whose fsync failed is rolled back, yet its frames may be in the WAL and come to life when the file is opened
      // again: nobody was thanked for such a vote, so it is taken back, at once.
      try {
        recover();
      } catch {
        // The next call tries again.
      }
      throw failure;
    }
  };
  const readOr = <T>(nothing: T, read: (from: Statements) => T): T => {
    if (statements === null) return nothing;
    try {
      return read(statements);
    } catch (error) {
      // A card that cannot be read now must not end the process: what was sent stays sent, the rest waits.
      trouble = new DeviceError(
        'journal-read-failed',
        `the journal cannot be read: ${messageOf(error)}`,
        error,
      );
      return nothing;
    }
  };
  const makeRoom = () => {
    if (counters.last - counters.first + 1 >= maxVotes) pruneStep(0, true);
    if (counters.last - counters.first + 1 < maxVotes) return;
    throw new DeviceError('journal-full', `the journal keeps ${maxVotes} votes and takes no more`);
  };
  const pruneStep = (beforeMs: number, forRoom: boolean) =>
    write((to) => {
      const deleted = to.prune(beforeMs, counters.acked, forRoom);
      counters.first += deleted;
      if (deleted > 0) ackedOnDisk = counters.acked;
      return deleted;
    });

  for (;;) {
    try {
      attach();
      break;
    } catch (error) {
      if (['journal-in-use', 'journal-not-durable'].includes(codeOf(error))) throw error;
      if (!isUnreadable(error) || unreadable > UNREADABLE_TRIES) break;
    }
  }

  return {
    get epoch() {
      return epoch;
    },
    get last() {
      return counters.last;
    },
    get first() {
      return counters.first;
    },
    get acked() {
      return counters.acked;
    },
    get lastAtOpen() {
      return lastAtOpen;
    },
    get trouble() {
      return trouble;
    },
    get setAside() {
      return setAside;
    },
    totals: () => ({ ...counters.totals }),
    append(vote) {
      makeRoom();
      return write((to) => {
        const stored = { ...vote, seq: counters.last + 1 };
        to.append(stored, counters.acked);
        counters.last = stored.seq;
        counters.totals[stored.rating] += 1;
        ackedOnDisk = counters.acked;
        return stored;
      });
    },
    read: (from, limit) => readOr([], (of) => of.read(from, limit)),
    setAcked(upTo) {
      counters.acked = Math.max(0, Math.min(upTo, counters.last));
    },
    prune: (beforeMs) => {
      if (statements === null || counters.first > counters.acked) return 0;
      return pruneStep(beforeMs, statements.usedBytes() > maxBytes);
    },
    anchorOf: (bootId) => readOr(null, (of) => of.anchorOf(bootId)),
    saveAnchor: (bootId, anchor) => write((to) => to.saveAnchor(bootId, anchor)),
    boots: () => readOr([], (of) => of.boots()),
    newestAt: () => readOr(0, (of) => of.newestAt()),
    usedBytes: () => readOr(null, (of) => of.usedBytes()),
    flush() {
      if (trouble === null && ackedOnDisk === counters.acked) return false;
      write((to) => to.setAcked(counters.acked));
      ackedOnDisk = counters.acked;
      return true;
    },
    rehearse() {
      makeRoom();
      write((to) => to.rehearse(REHEARSAL(counters.last + 1), counters.acked));
      ackedOnDisk = counters.acked;
    },
    lookAside(nowMs) {
      if (path === ':memory:') return;
      try {
        dropSettled(path, nowMs);
      } catch {
        // It is tried again.
      }
      setAside = listSetAside(path);
    },
    beginEpoch(from) {
      const known = { epoch, unsent: 0, last: counters.last, carriedFrom: from };
      const votes = this.read(from, Number.MAX_SAFE_INTEGER);
      if (votes.length < counters.last - from + 1)
        throw trouble ?? new DeviceError('journal-read-failed', GONE);
      if (path === ':memory:') {
        attach();
        for (const { seq, ...vote } of votes) this.append(vote);
        lastAtOpen = 0;
        return { ...known, path, id: '', why: 'behind', atMs: wallMs(), settled: null };
      }
      const aside = write((to) =>
        moveIntoNewEpoch({ path, wallMs, votes, anchorOf: to.anchorOf, known, release: detach }),
      );
      attach();
      // The votes that came along were never sent under this epoch.
      lastAtOpen = 0;
      return aside;
    },
    close() {
      try {
        if (trouble === null || statements !== null) this.flush();
      } finally {
        detach();
      }
    },
  };
}

const GONE = 'the votes to be carried into the new epoch cannot be read';
/** Never seen by anybody: it is taken back in the transaction that writes it. */
const REHEARSAL = (seq: number): Vote => ({
  seq,
  rating: 'satisfied',
  at: 0,
  clock: 'estimated',
  boot: '-',
  mono: 0,
});

function toWriteError(error: unknown): DeviceError {
  if (error instanceof DeviceError) return error;
  if (isDiskFull(error))
    return new DeviceError('disk-full', 'the disk is full: the journal cannot be written', error);
  return new DeviceError('journal-write-failed', `the journal cannot be written: ${messageOf(error)}`, error);
}
