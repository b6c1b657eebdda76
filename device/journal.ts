/**
 * The vote on disk before the thank-you. `append` returns after COMMIT with fsync; only `setAcked` (the gateway's own ack)
 * lets votes go, and acked ones stay `keepAckedDays` so that a gateway restored from a backup can ask for them again.
 */
import type Database from 'better-sqlite3';
import { CLOCKS, type Counts, RATINGS, type Rating, type Vote } from '../protocol/vote.ts';
import type { Anchor } from './clock.ts';
import { codeOf, DeviceError, messageOf } from './errors.ts';
import { openJournalFile, setFileAside } from './journal-file.ts';

export type Journal = {
  /** 32 hexadecimal digits, random at creation. */
  readonly epoch: string;
  /** Highest seq ever given; 0 before the first. */
  readonly last: number;
  /** Lowest seq still kept; `last` + 1 when none is. */
  readonly first: number;
  readonly acked: number;
  /** Where a file that was damaged was moved to at open; null when all was well. */
  readonly setAside: string | null;
  /** Votes of this epoch, all of them, also those no longer kept. */
  totals(): Counts;
  /** Commits one vote. Throws `journal-full` or `journal-write-failed`: then it is not there and nobody may be thanked. */
  append(vote: Omit<Vote, 'seq'>): Vote;
  /** Up to `limit` votes from `from` on, ascending. Nothing while the file cannot be read. */
  read(from: number, limit: number): Vote[];
  /** Moves the cursor, in either direction, within 0…last. Reaches the disk with the next append, flush or close. */
  setAcked(upTo: number): void;
  /** Deletes acked votes dated before `beforeMs`, oldest first, at most a thousand a call. Returns how many. */
  prune(beforeMs: number): number;
  anchorOf(bootId: string): Anchor | null;
  /** Remembers how to date the votes of a boot. */
  saveAnchor(bootId: string, anchor: Anchor): void;
  /** Date of the newest vote kept, 0 without any. */
  newestAt(): number;
  /** Writes the cursor if it moved, and tries a failed file again. True when something was written. */
  flush(): boolean;
  /** Sets the file aside and goes on with an empty one and a new epoch; returns the old file's new path. */
  beginEpoch(why: string): string;
  close(): void;
};

export type JournalOptions = {
  /** A file, or `:memory:` for simulations that lose nothing by it. */
  path: string;
  /** Presses are refused beyond this many kept votes: about 60 bytes each. */
  maxVotes?: number;
  wallMs?: () => number;
};

const DEFAULT_MAX_VOTES = 1_000_000;
const PRUNE_STEP = 1_000;

type Row = { seq: number; rating: number; at: number; clock: number; boot: string; mono: number };

export function openJournal(options: JournalOptions): Journal {
  const { path, maxVotes = DEFAULT_MAX_VOTES, wallMs = Date.now } = options;
  let { db, epoch, setAside } = openJournalFile(path, wallMs);
  let statements = prepare(db);
  let counters = statements.counters();
  let ackedOnDisk = counters.acked;
  let suspect = false;

  /**
   * After a failed write. A COMMIT whose fsync failed is rolled back, yet its frames may still be in the WAL and come to life
   * when the file is opened again: nobody was thanked for such a vote, so it is taken back.
   */
  const recover = (reason: string) => {
    const { last, acked } = counters;
    const epochBefore = epoch;
    if (reason !== 'SQLITE_FULL') {
      if (db.open) db.close();
      const again = openJournalFile(path, wallMs);
      ({ db, epoch } = again);
      setAside = again.setAside ?? setAside;
      statements = prepare(db);
    }
    if (epoch === epochBefore) statements.takeBack(last);
    counters = statements.counters();
    ackedOnDisk = counters.acked;
    if (epoch === epochBefore) counters.acked = Math.min(acked, counters.last);
    suspect = false;
  };
  let failure = '';
  const write = <T>(act: () => T): T => {
    try {
      if (suspect) recover(failure);
      return act();
    } catch (error) {
      suspect = true;
      failure = error instanceof DeviceError ? codeOf(error.cause) : codeOf(error);
      throw new DeviceError(
        'journal-write-failed',
        `the journal cannot be written: ${messageOf(error)}`,
        error,
      );
    }
  };

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
    get setAside() {
      return setAside;
    },
    totals: () => ({ ...counters.totals }),
    append(vote) {
      if (counters.last - counters.first + 1 >= maxVotes)
        throw new DeviceError('journal-full', `the journal keeps ${maxVotes} votes and takes no more`);
      return write(() => {
        const stored = { ...vote, seq: counters.last + 1 };
        statements.append(stored, counters.acked);
        counters.last = stored.seq;
        counters.totals[stored.rating] += 1;
        ackedOnDisk = counters.acked;
        return stored;
      });
    },
    read(from, limit) {
      try {
        return db.open ? statements.read(from, limit) : [];
      } catch (error) {
        // A card that cannot be read now must not end the process: what was sent stays sent, the rest waits.
        suspect = true;
        failure = codeOf(error);
        return [];
      }
    },
    setAcked(upTo) {
      counters.acked = Math.max(0, Math.min(upTo, counters.last));
    },
    prune(beforeMs) {
      return write(() => {
        const deleted = statements.prune(beforeMs, counters.acked);
        counters.first += deleted;
        ackedOnDisk = counters.acked;
        return deleted;
      });
    },
    anchorOf: (bootId) => statements.anchorOf(bootId),
    saveAnchor: (bootId, anchor) => write(() => statements.saveAnchor(bootId, anchor)),
    newestAt: () => statements.newestAt(),
    flush() {
      if (!suspect && ackedOnDisk === counters.acked) return false;
      write(() => statements.setAcked(counters.acked));
      ackedOnDisk = counters.acked;
      return true;
    },
    beginEpoch(why) {
      if (db.open) db.close();
      const moved = path === ':memory:' ? path : setFileAside(path, why, wallMs());
      ({ db, epoch } = openJournalFile(path, wallMs));
      statements = prepare(db);
      counters = statements.counters();
      ackedOnDisk = counters.acked;
      return moved;
    },
    close() {
      try {
        if (suspect) recover(failure);
        else if (!db.open) return;
        this.flush();
      } finally {
        if (db.open) db.close();
      }
    },
  };
}

function prepare(db: Database.Database) {
  const insertBoot = db.prepare('INSERT OR IGNORE INTO boots(boot) VALUES (?)');
  const bootId = db.prepare('SELECT id FROM boots WHERE boot = ?').pluck();
  const insertVote = db.prepare('INSERT INTO votes VALUES (@seq, @rating, @at, @clock, @boot, @mono)');
  const addTotal = db.prepare('UPDATE totals SET votes = votes + 1 WHERE rating = ?');
  const subtractTotal = db.prepare('UPDATE totals SET votes = votes - 1 WHERE rating = ?');
  const ratingsPast = db.prepare('SELECT rating FROM votes WHERE seq > ?').pluck();
  const deletePast = db.prepare('DELETE FROM votes WHERE seq > ?');
  const setAcked = db.prepare(`UPDATE meta SET value = ? WHERE key = 'acked'`);
  const select = db.prepare(
    `SELECT seq, rating, at, v.clock, b.boot, mono FROM votes v JOIN boots b ON b.id = v.boot
     WHERE seq >= ? ORDER BY seq LIMIT ?`,
  );
  const firstToKeep = db
    .prepare('SELECT seq FROM votes WHERE at >= ? AND seq >= ? ORDER BY seq LIMIT 1')
    .pluck();
  const deleteBelow = db.prepare('DELETE FROM votes WHERE seq < ?');
  const bounds = db.prepare('SELECT min(seq) FROM votes').pluck();
  const bootOf = (boot: string): number => {
    insertBoot.run(boot);
    return bootId.get(boot) as number;
  };

  const append = db.transaction((vote: Vote, acked: number) => {
    const rating = RATINGS.indexOf(vote.rating);
    insertVote.run({ ...vote, rating, clock: CLOCKS.indexOf(vote.clock), boot: bootOf(vote.boot) });
    addTotal.run(rating);
    setAcked.run(String(acked));
  });
  const takeBack = db.transaction((last: number) => {
    for (const rating of ratingsPast.all(last)) subtractTotal.run(rating);
    deletePast.run(last);
  });
  const prune = db.transaction((beforeMs: number, acked: number): number => {
    const first = bounds.get() as number | null;
    if (first === null) return 0;
    const young = (firstToKeep.get(beforeMs, first) as number | undefined) ?? Number.MAX_SAFE_INTEGER;
    const changes = deleteBelow.run(Math.min(young, acked + 1, first + PRUNE_STEP)).changes;
    setAcked.run(String(acked));
    return changes;
  });

  return {
    append: (vote: Vote, acked: number) => append.immediate(vote, acked),
    takeBack: (last: number) => takeBack.immediate(last),
    prune: (beforeMs: number, acked: number) => prune.immediate(beforeMs, acked),
    setAcked: (upTo: number) => setAcked.run(String(upTo)),
    read: (from: number, limit: number): Vote[] => (select.all(from, limit) as Row[]).map(toVote),
    newestAt: () =>
      (db.prepare('SELECT at FROM votes ORDER BY seq DESC LIMIT 1').pluck().get() as number) ?? 0,
    anchorOf(boot: string): Anchor | null {
      const row = db.prepare('SELECT offset_ms, clock FROM boots WHERE boot = ?').get(boot) as
        | { offset_ms: number | null; clock: number | null }
        | undefined;
      if (row === undefined || row.offset_ms === null || row.clock === null) return null;
      return { offsetMs: row.offset_ms, clock: CLOCKS[row.clock]! };
    },
    saveAnchor: db.transaction((boot: string, anchor: Anchor) => {
      db.prepare('UPDATE boots SET offset_ms = ?, clock = ? WHERE id = ?').run(
        anchor.offsetMs,
        CLOCKS.indexOf(anchor.clock),
        bootOf(boot),
      );
    }),
    counters() {
      const value = (sql: string) => db.prepare(sql).pluck();
      const totals = value('SELECT votes FROM totals ORDER BY rating').all() as number[];
      const last = totals.reduce((sum, n) => sum + n, 0);
      return {
        last,
        first: (bounds.get() as number | null) ?? last + 1,
        acked: Math.min(Number(value(`SELECT value FROM meta WHERE key = 'acked'`).get()), last),
        totals: Object.fromEntries(RATINGS.map((rating, i) => [rating, totals[i] ?? 0])) as Record<
          Rating,
          number
        >,
      };
    },
  };
}

function toVote(row: Row): Vote {
  const { seq, at, boot, mono } = row;
  return { seq, rating: RATINGS[row.rating]!, at, clock: CLOCKS[row.clock]!, boot, mono };
}
