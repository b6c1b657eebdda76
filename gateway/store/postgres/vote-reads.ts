/** Votes read back, on PostgreSQL. Reading keeps no commit waiting here: what is much comes by a cursor of its own. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RecentVote, SetAside, VoteReads } from '../votes.ts';
import type { Connection } from './connection.ts';
import { type CursorOptions, readByCursor } from './cursor.ts';
import { exportPages } from './export.ts';
import { arrayOf } from './numbers.ts';
import { scoreParts } from './score-parts.ts';

/**
 * Every rollup has a vote, so the newest so many of a window hold its newest so many votes. A look back is one pass over the rollups
 * of that time: they are found by it, and not by their window.
 */
const NEWEST = `
  SELECT v.source_key AS "journalKey", v.seq, v.window_key AS "windowKey", v.rating, v.at
  FROM (
    SELECT *, row_number() OVER (PARTITION BY window_key ORDER BY quarter DESC) AS place FROM rollups
    WHERE quarter > $2 AND quarter <= $3 AND window_key = ANY ($1::int4[])) AS r
  JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
    AND v.window_key = r.window_key AND v.at / ${QUARTER_MS} = r.quarter
  WHERE r.place <= $4 ORDER BY v.at DESC, v.received_at DESC, v.source_key, v.seq LIMIT $4`;
/** From the newest vote back, in quarters of an hour: what is older than three days is no news. */
const LOOK_BACK = [4, 40, 4 * 24 * 3];

const SET_ASIDE = `
  SELECT q.received_at AS "receivedAt", q.reason, t.id AS "terminalId", q.topic, q.seq, q.payload
  FROM quarantine q LEFT JOIN sources s ON s.key = q.source_key
  LEFT JOIN terminals t ON t.key = coalesce(q.terminal_key, s.terminal_key) ORDER BY q.key DESC LIMIT $1`;

type Stored = { terminalKey: number; quarter: number; votes: number };

/** @param cursor for a connection of its own */
export function createVoteReads(reading: Connection, cursor: CursorOptions): VoteReads {
  const { lastVotes, minutes, excluded, discounted } = scoreParts((select) => readByCursor(cursor, select));
  const quarterOf = (atMs: number) => Math.floor(atMs / QUARTER_MS);
  return {
    lastVotes,
    minutes,
    excluded,
    discounted,
    async *storedSince(fromMs) {
      const rows = readByCursor<Stored>(
        cursor,
        `SELECT s.terminal_key AS "terminalKey", r.quarter, sum(r.satisfied + r.basically + r.unsatisfied)::int8 AS votes
         FROM rollups r JOIN sources s ON s.key = r.source_key
         WHERE r.quarter >= ${quarterOf(fromMs)} GROUP BY 1, 2 ORDER BY 2, 1`,
      );
      for await (const { quarter, ...row } of rows) yield { ...row, quarterStart: quarter * QUARTER_MS };
    },
    async newestVotes(windows, limit) {
      // A window whose own latest vote is older than that of `limit` others has none among the newest.
      const latest = [...windows].sort((a, b) => b.lastAt - a.lastAt).slice(0, limit);
      if (latest.length === 0) return [];
      const newest = quarterOf((latest[0] as { lastAt: number }).lastAt);
      const keys = arrayOf(latest.map(({ windowKey }) => windowKey));
      let found: RecentVote[] = [];
      for (const back of LOOK_BACK) {
        if (found.length >= limit) break;
        const values = [keys, newest - back, newest, limit];
        found = await reading.rows<RecentVote>({ text: NEWEST, values });
      }
      return found;
    },
    exportVotes: (fromMs, toMs, windowKeys) => exportPages(reading, fromMs, toMs, windowKeys),
    setAside: (limit) => reading.rows<SetAside>({ text: SET_ASIDE, values: [limit] }),
  };
}
