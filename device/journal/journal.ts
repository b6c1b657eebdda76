/**
 * The vote on disk before the thank-you. `append` returns after COMMIT with fsync; only `setAcked` (the gateway's own ack)
 * lets votes go, and acked ones stay for a while, so that a gateway restored from a backup can ask for them again.
 * What goes wrong with the card ends nothing here: presses are refused, and every later call tries again.
 */
import type { Counts, Vote } from '../../protocol/vote.ts';
import type { Anchor } from '../board/clock.ts';
import { DeviceError } from '../errors.ts';
import { openJournalFile } from './journal-file.ts';
import type { BootRecord, Counters } from './journal-statements.ts';
import { moveIntoNewEpoch } from './new-epoch.ts';
import { createRecoveringFile } from './recovering-file.ts';
import type { SetAside } from './set-aside.ts';
import { createShelf, type ShelfEvents } from './shelf.ts';

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

export type JournalOptions = ShelfEvents & {
  /** A file, or `:memory:` for simulations that lose nothing by it. */
  path: string;
  /** Whose journal it is: one of another terminal is set aside. Left out while that is not known. */
  terminalId?: string | undefined;
  /** Presses are refused beyond this many votes that the gateway does not have: about 60 bytes each. */
  maxVotes?: number;
  /** Acked votes go beyond this, oldest first, however young. */
  maxBytes?: number;
  wallMs?: () => number;
};

const DEFAULT_MAX_VOTES = 1_000_000;
const DEFAULT_MAX_BYTES = 64 << 20;
const NO_COUNTERS: Counters = {
  last: 0,
  first: 1,
  acked: 0,
  totals: { satisfied: 0, basically: 0, unsatisfied: 0 },
};

/** Throws `journal-in-use` or `journal-not-durable`. With every other trouble it opens, says so, and tries again later. */
export function openJournal(options: JournalOptions): Journal {
  const { path, maxVotes = DEFAULT_MAX_VOTES, maxBytes = DEFAULT_MAX_BYTES, wallMs = Date.now } = options;
  let epoch = '';
  let counters: Counters = structuredClone(NO_COUNTERS);
  let lastAtOpen = 0;
  let ackedOnDisk = 0;
  const shelf = createShelf(path, options);
  const file = createRecoveringFile({
    open(unreadableIsDamaged) {
      const { last, acked } = counters;
      const known = epoch === '' ? {} : { known: { epoch, unsent: last - acked, last } };
      return openJournalFile({ path, terminalId: options.terminalId, wallMs, unreadableIsDamaged, ...known });
    },
    takeUp(opened, statements) {
      if (opened.epoch === epoch) {
        if (opened.unwritable !== null) throw opened.unwritable;
        const { last, acked } = counters;
        statements.takeBack(last);
        counters = statements.counters();
        counters.acked = Math.min(acked, counters.last);
      } else {
        epoch = opened.epoch;
        counters = statements.counters();
        lastAtOpen = counters.last;
      }
      ackedOnDisk = statements.counters().acked;
    },
    opened: shelf.tell,
  });
  const { write, readOr } = file;

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

  file.begin();
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
      return file.trouble;
    },
    get setAside() {
      return shelf.files;
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
      if (file.statements === null || counters.first > counters.acked) return 0;
      return pruneStep(beforeMs, file.statements.usedBytes() > maxBytes);
    },
    anchorOf: (bootId) => readOr(null, (of) => of.anchorOf(bootId)),
    saveAnchor: (bootId, anchor) => write((to) => to.saveAnchor(bootId, anchor)),
    boots: () => readOr([], (of) => of.boots()),
    newestAt: () => readOr(0, (of) => of.newestAt()),
    usedBytes: () => readOr(null, (of) => of.usedBytes()),
    flush() {
      if (file.trouble === null && ackedOnDisk === counters.acked) return false;
      write((to) => to.setAcked(counters.acked));
      ackedOnDisk = counters.acked;
      return true;
    },
    rehearse() {
      makeRoom();
      write((to) => to.rehearse(REHEARSAL(counters.last + 1), counters.acked));
      ackedOnDisk = counters.acked;
    },
    lookAside: shelf.look,
    beginEpoch(from) {
      const known = { epoch, unsent: 0, last: counters.last, carriedFrom: from };
      const votes = this.read(from, Number.MAX_SAFE_INTEGER);
      if (votes.length < counters.last - from + 1)
        throw file.trouble ?? new DeviceError('journal-read-failed', GONE);
      if (path === ':memory:') {
        file.attach();
        for (const { seq, ...vote } of votes) this.append(vote);
        lastAtOpen = 0;
        return { ...known, path, id: '', why: 'behind', atMs: wallMs(), settled: null };
      }
      const aside = write((to) =>
        moveIntoNewEpoch({ path, wallMs, votes, anchorOf: to.anchorOf, known, release: file.detach }),
      );
      file.attach();
      // The votes that came along were never sent under this epoch.
      lastAtOpen = 0;
      return aside;
    },
    close() {
      try {
        if (file.trouble === null || file.statements !== null) this.flush();
      } finally {
        file.detach();
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
