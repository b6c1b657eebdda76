/** Every vote of a span, for people and programs outside. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import { IN_EXCLUSION, votesOfRollups } from '../sql/ledger-terms.ts';
import type { ExportedVote } from '../votes.ts';
import type { Connection } from './connection.ts';
import { arrayOf } from './numbers.ts';

const PAGE = 1_000;
/** About as many votes are read at once. */
const READ_AT_ONCE = 10_000;

const QUARTERS = `
  SELECT quarter, sum(satisfied + basically + unsatisfied)::int8 AS votes FROM rollups
  WHERE quarter BETWEEN $1 AND $2 GROUP BY quarter ORDER BY quarter`;
const VOTES = `
  SELECT t.id AS "terminalId", s.epoch, o.name AS origin, k.key, v.seq, w.id AS "windowId", v.channel, v.rating, v.at, v.clock, v.received_at AS "receivedAt",
    d.claimed_at AS "claimedAt", (${IN_EXCLUSION})::int AS excluded, v.verdict
  FROM (${votesOfRollups('r.quarter = $1 AND v.at >= $2 AND v.at < $3 AND ($4::int4[] IS NULL OR r.window_key = ANY ($4))')}) v
  LEFT JOIN sources s ON s.key = v.source_key LEFT JOIN terminals t ON t.key = s.terminal_key
  LEFT JOIN origins o ON o.key = v.source_key LEFT JOIN origin_votes k ON k.source_key = o.key AND k.seq = v.seq
  JOIN windows w ON w.key = v.window_key
  LEFT JOIN datings d ON d.source_key = v.source_key AND d.seq = v.seq
  ORDER BY v.at, v.source_key, v.seq`;

/** A quarter of an hour or, of a busy one, a part of it at a time: no transaction stays open while its reader thinks. */
export async function* exportPages(
  reading: Connection,
  from: number,
  to: number,
  windowKeys: readonly number[] | null,
): AsyncGenerator<ExportedVote[]> {
  const chosen = windowKeys === null ? null : arrayOf(windowKeys);
  const span = [Math.floor(from / QUARTER_MS), Math.floor((to - 1) / QUARTER_MS)];
  const quarters = await reading.rows<{ quarter: number; votes: number }>({ text: QUARTERS, values: span });
  for (const { quarter, votes } of quarters) {
    const parts = Math.ceil(votes / READ_AT_ONCE);
    const borderOf = (part: number) => quarter * QUARTER_MS + Math.floor((QUARTER_MS * part) / parts);
    for (let part = 0; part < parts; part++) {
      const values = [quarter, Math.max(from, borderOf(part)), Math.min(to, borderOf(part + 1)), chosen];
      const rows = await reading.rows<ExportedVote>({ text: VOTES, values });
      for (let at = 0; at < rows.length; at += PAGE) yield rows.slice(at, at + PAGE);
    }
  }
}
