/** Every vote of a span, for people and programs outside. */
import Database from 'better-sqlite3';
import { QUARTER_MS } from '../../domain/calendar.ts';
import { IN_EXCLUSION, votesOfRollups } from '../sql/ledger-terms.ts';
import type { ExportedVote } from '../votes.ts';

const PAGE = 1_000;
/** About as many votes are read at once as hold up everything else for some tens of milliseconds. */
const READ_AT_ONCE = 10_000;

/**
 * On a read connection of its own, a quarter of an hour or, of a busy one, a part of it at a time: ingest goes on, and the
 * WAL can be checkpointed between.
 */
export async function* exportPages(
  file: string,
  from: number,
  to: number,
  windowKeys: readonly number[] | null,
): AsyncGenerator<ExportedVote[]> {
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
      SELECT t.id AS terminalId, s.epoch, o.name AS origin, k.key, v.seq, w.id AS windowId, v.channel, v.rating, v.at, v.clock, v.received_at AS receivedAt,
        d.claimed_at AS claimedAt, ${IN_EXCLUSION} AS excluded, v.verdict
      FROM (${votesOfRollups(`r.quarter = @quarter AND v.at >= @from AND v.at < @to ${windowKeys === null ? '' : 'AND r.window_key IN (SELECT value FROM json_each(@windowKeys))'}`)}) v
      LEFT JOIN sources s ON s.key = v.source_key LEFT JOIN terminals t ON t.key = s.terminal_key
      LEFT JOIN origins o ON o.key = v.source_key LEFT JOIN origin_votes k ON k.source_key = o.key AND k.seq = v.seq
      JOIN windows w ON w.key = v.window_key
      LEFT JOIN datings d ON d.source_key = v.source_key AND d.seq = v.seq
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
