/** Reading votes back: rollups for scores, single votes for the last hour and for exports. */
import Database from 'better-sqlite3';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { ExportedVote, RecentVote, RollupRow, Store } from '../store.ts';
import type { Connection } from './database.ts';
import type { LedgerTables } from './ledger.ts';

const PAGE = 1_000;
/** About as many votes are read at once as hold up everything else for some tens of milliseconds. */
const READ_AT_ONCE = 10_000;

export function createHistory(
  db: Connection,
  file: string,
): Pick<Store, 'storedSince' | 'rollups' | 'lastVotes' | 'recentVotes' | 'exportVotes'> &
  Pick<LedgerTables, 'countStored' | 'quarterFrom' | 'rollupsWithin'> {
  const rollupsWhere = (which: string) =>
    db
      .prepare(`
    SELECT quarter, window_key, sum(satisfied), sum(basically), sum(unsatisfied), max(last_at)
    FROM rollups WHERE ${which} GROUP BY quarter, window_key`)
      .raw();
  const selectRollups = rollupsWhere('quarter >= ?');
  const selectWithin = rollupsWhere('quarter >= ? AND quarter < ?');
  const selectQuarter = db.prepare('SELECT min(quarter) FROM rollups WHERE quarter >= ?').pluck();
  const selectCounts = db
    .prepare(
      'SELECT coalesce(sum(rating = 0), 0), coalesce(sum(rating = 1), 0), coalesce(sum(rating = 2), 0) FROM votes WHERE source_key = ?',
    )
    .raw();
  const selectLast = db.prepare(
    'SELECT window_key AS windowKey, max(last_at) AS lastAt FROM rollups GROUP BY window_key',
  );
  // A rollup row names the stretch of its journal that holds its votes; the exact press time decides.
  const selectRecent = db
    .prepare(`
    SELECT v.window_key, v.rating, v.at, v.source_key FROM rollups r
    CROSS JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
    WHERE r.quarter >= @quarter AND v.window_key = r.window_key AND v.at / ${QUARTER_MS} = r.quarter AND v.at >= @from`)
    .raw();

  const selectStored = db
    .prepare(`
    SELECT s.terminal_key, r.quarter, sum(r.satisfied + r.basically + r.unsatisfied)
    FROM rollups r JOIN sources s ON s.key = r.source_key WHERE r.quarter >= ? GROUP BY 1, 2`)
    .raw();

  return {
    *storedSince(fromMs) {
      const quarter = Math.floor(fromMs / QUARTER_MS);
      for (const [terminalKey, of, votes] of selectStored.iterate(quarter) as Iterable<
        [number, number, number]
      >)
        yield { terminalKey, quarterStart: of * QUARTER_MS, votes };
    },
    *rollups(fromMs): Iterable<RollupRow> {
      for (const row of selectRollups.iterate(Math.floor(fromMs / QUARTER_MS)) as Iterable<RawRollup>)
        yield rollupOf(row);
    },
    quarterFrom: (quarter) => selectQuarter.get(quarter) as number | null,
    rollupsWithin: (quarter, end) => (selectWithin.all(quarter, end) as RawRollup[]).map(rollupOf),
    countStored(sourceKey) {
      const [satisfied, basically, unsatisfied] = selectCounts.get(sourceKey) as [number, number, number];
      return { satisfied, basically, unsatisfied };
    },
    lastVotes: () => selectLast.all() as { windowKey: number; lastAt: number }[],
    *recentVotes(from): Iterable<RecentVote> {
      const quarter = Math.floor(from / QUARTER_MS);
      for (const [windowKey, rating, at, sourceKey] of selectRecent.iterate({ quarter, from }) as Iterable<
        [number, 0 | 1 | 2, number, number]
      >)
        yield { windowKey, rating, at, sourceKey };
    },
    exportVotes: (fromMs, toMs, windowKeys) => exportPages(file, fromMs, toMs, windowKeys),
  };
}

type RawRollup = [
  quarter: number,
  windowKey: number,
  satisfied: number,
  basically: number,
  unsatisfied: number,
  lastAt: number,
];

function rollupOf([quarter, windowKey, a, b, c, lastAt]: RawRollup): RollupRow {
  return { quarterStart: quarter * QUARTER_MS, windowKey, counts: [a, b, c], lastAt };
}

/**
 * On a read connection of its own, a quarter of an hour or, of a busy one, a part of it at a time: ingest goes on, and the
 * WAL can be checkpointed between.
 */
function* exportPages(
  file: string,
  from: number,
  to: number,
  windowKeys: readonly number[] | null,
): Iterable<ExportedVote[]> {
  const reader = new Database(file, { readonly: true, timeout: 5_000 });
  try {
    const quarters = reader
      .prepare(
        `SELECT quarter, sum(satisfied + basically + unsatisfied) FROM rollups WHERE quarter BETWEEN ? AND ?
         GROUP BY quarter ORDER BY quarter`,
      )
      .raw()
      .all(Math.floor(from / QUARTER_MS), Math.floor((to - 1) / QUARTER_MS)) as [number, number][];
    const select = reader.prepare(`
      SELECT t.id AS terminalId, s.epoch, v.seq, w.id AS windowId, v.rating, v.at, v.clock, v.received_at AS receivedAt,
        d.claimed_at AS claimedAt, EXISTS (SELECT 1 FROM exclusions e WHERE e.terminal_key = s.terminal_key
          AND e.ended_at IS NULL AND v.at >= e.from_at AND v.at < e.to_at) AS excluded
      FROM rollups r
      CROSS JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
      JOIN sources s ON s.key = v.source_key JOIN terminals t ON t.key = s.terminal_key
      JOIN windows w ON w.key = v.window_key
      LEFT JOIN datings d ON d.source_key = v.source_key AND d.seq = v.seq
      WHERE r.quarter = @quarter AND v.window_key = r.window_key AND v.at / ${QUARTER_MS} = r.quarter
        AND v.at >= @from AND v.at < @to ${windowKeys === null ? '' : 'AND r.window_key IN (SELECT value FROM json_each(@windowKeys))'}
      ORDER BY v.at, v.source_key, v.seq`);
    const chosen = windowKeys === null ? {} : { windowKeys: JSON.stringify(windowKeys) };
    for (const [quarter, votes] of quarters) {
      const parts = Math.ceil(votes / READ_AT_ONCE);
      const borderOf = (part: number) => quarter * QUARTER_MS + Math.floor((QUARTER_MS * part) / parts);
      for (let part = 0; part < parts; part++) {
        const span = { from: Math.max(from, borderOf(part)), to: Math.min(to, borderOf(part + 1)) };
        const rows = select.all({ quarter, ...span, ...chosen });
        for (let at = 0; at < rows.length; at += PAGE) yield rows.slice(at, at + PAGE) as ExportedVote[];
      }
    }
  } finally {
    reader.close();
  }
}
