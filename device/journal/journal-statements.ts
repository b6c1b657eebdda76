/** Every question the journal asks of its file. One transaction a change. */
import type Database from 'better-sqlite3';
import { CLOCKS, type Counts, RATINGS, type Rating, type Vote } from '../../protocol/vote.ts';
import type { Anchor } from '../board/clock.ts';

/** Votes deleted in one transaction: a press that comes meanwhile waits for no more than that. */
export const PRUNE_STEP = 500;

/** A boot that has votes here, in the order of the boots. */
export type BootRecord = { boot: string; anchor: Anchor | null; lastMono: number };

export type Counters = { last: number; first: number; acked: number; totals: Counts };
export type Statements = {
  append(vote: Vote, acked: number): void;
  /** Deletes the votes past `last`. */
  takeBack(last: number): void;
  /** Writes the pages that `append` would, and leaves no vote. */
  rehearse(vote: Vote, acked: number): void;
  setAcked(upTo: number): void;
  read(from: number, limit: number): Vote[];
  newestAt(): number;
  /** Bytes in the file that hold something. */
  usedBytes(): number;
  /** Deletes one step of acked votes: the old ones, or, for room, simply the first ones. Returns how many. */
  prune(beforeMs: number, acked: number, forRoom: boolean): number;
  anchorOf(boot: string): Anchor | null;
  saveAnchor(boot: string, anchor: Anchor): void;
  boots(): BootRecord[];
  counters(): Counters;
};

type Row = { seq: number; rating: number; at: number; clock: number; boot: string; mono: number };
type AnchorRow = { offset_ms: number | null; clock: number | null };

/** When a vote was pressed, as far as is known; null for one from a boot that never had a clock. */
const DATE = `CASE WHEN v.clock <> ${CLOCKS.indexOf('estimated')} THEN v.at ELSE b.offset_ms + v.mono END`;

export function prepareStatements(db: Database.Database): Statements {
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
  const dates = db
    .prepare(
      `SELECT seq, ${DATE} AS date FROM votes v JOIN boots b ON b.id = v.boot
       WHERE seq >= ? AND seq < ? ORDER BY seq`,
    )
    .raw();
  const deleteBelow = db.prepare('DELETE FROM votes WHERE seq < ?');
  const firstSeq = db.prepare('SELECT min(seq) FROM votes').pluck();
  const saveAnchor = db.prepare('UPDATE boots SET offset_ms = ?, clock = ? WHERE id = ?');
  const anchor = db.prepare('SELECT offset_ms, clock FROM boots WHERE boot = ?');
  const boots = db.prepare(
    `SELECT b.boot, b.offset_ms, b.clock, max(v.mono) AS lastMono
     FROM votes v JOIN boots b ON b.id = v.boot GROUP BY b.id ORDER BY b.id`,
  );
  const newestAt = db.prepare('SELECT at FROM votes ORDER BY seq DESC LIMIT 1').pluck();
  const bootOf = (boot: string): number => {
    insertBoot.run(boot);
    return bootId.get(boot) as number;
  };
  const pragma = (name: string) => db.pragma(name, { simple: true }) as number;

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
  const rehearse = db.transaction((vote: Vote, acked: number) => {
    append(vote, acked);
    takeBack(vote.seq - 1);
  });
  const deleteFirst = db.transaction((before: number, acked: number) => {
    const { changes } = deleteBelow.run(before);
    setAcked.run(String(acked));
    return changes;
  });
  const remember = db.transaction((boot: string, { offsetMs, clock }: Anchor) => {
    saveAnchor.run(offsetMs, CLOCKS.indexOf(clock), bootOf(boot));
  });
  /**
   * Where to cut for age, at most PRUNE_STEP votes on. One that cannot be dated goes with an older one behind it: alone, it
   * may be from yesterday.
   */
  const cutByAge = (first: number, beforeMs: number): number => {
    let cut = first;
    for (const [seq, date] of dates.all(first, first + PRUNE_STEP) as [number, number | null][]) {
      if (date === null) continue;
      if (date >= beforeMs) break;
      cut = seq + 1;
    }
    return cut;
  };

  return {
    append: (vote: Vote, acked: number) => append.immediate(vote, acked),
    takeBack: (last: number) => takeBack.immediate(last),
    rehearse: (vote: Vote, acked: number) => rehearse.immediate(vote, acked),
    setAcked: (upTo: number) => void setAcked.run(String(upTo)),
    read: (from: number, limit: number): Vote[] => (select.all(from, limit) as Row[]).map(toVote),
    newestAt: () => (newestAt.get() as number | undefined) ?? 0,
    usedBytes: () => (pragma('page_count') - pragma('freelist_count')) * pragma('page_size'),
    prune(beforeMs: number, acked: number, forRoom: boolean): number {
      const first = firstSeq.get() as number | null;
      if (first === null || first > acked) return 0;
      const cut = forRoom ? first + PRUNE_STEP : cutByAge(first, beforeMs);
      const before = Math.min(cut, acked + 1);
      return before > first ? deleteFirst.immediate(before, acked) : 0;
    },
    anchorOf(boot: string): Anchor | null {
      const row = anchor.get(boot) as AnchorRow | undefined;
      return row === undefined ? null : toAnchor(row);
    },
    saveAnchor: (boot: string, anchor: Anchor) => remember.immediate(boot, anchor),
    boots: (): BootRecord[] =>
      (boots.all() as (AnchorRow & { boot: string; lastMono: number })[]).map(
        ({ boot, lastMono, ...row }) => ({
          boot,
          lastMono,
          anchor: toAnchor(row),
        }),
      ),
    counters(): Counters {
      const votes = db.prepare('SELECT votes FROM totals ORDER BY rating').pluck().all() as number[];
      const acked = Number(db.prepare(`SELECT value FROM meta WHERE key = 'acked'`).pluck().get());
      const last = votes.reduce((sum, n) => sum + n, 0);
      const totals = Object.fromEntries(RATINGS.map((rating, i) => [rating, votes[i] ?? 0])) as Record<
        Rating,
        number
      >;
      return {
        last,
        first: (firstSeq.get() as number | null) ?? last + 1,
        acked: Math.min(acked, last),
        totals,
      };
    },
  };
}

function toAnchor({ offset_ms, clock }: AnchorRow): Anchor | null {
  return offset_ms === null || clock === null ? null : { offsetMs: offset_ms, clock: CLOCKS[clock]! };
}

function toVote(row: Row): Vote {
  const { seq, at, boot, mono } = row;
  return { seq, rating: RATINGS[row.rating]!, at, clock: CLOCKS[row.clock]!, boot, mono };
}
