/** The votes that a review is about. */
import { sql } from 'kysely';
import { VERDICTS } from '../../../../protocol/verdict.ts';
import { QUARTER_MS } from '../../../domain/calendar.ts';
import type { VoteDecision } from '../../../domain/review-steps.ts';
import type { ReviewedVote, VoteKey } from '../../reviews.ts';
import { IN_EXCLUSION, votesOfRollups } from '../ledger-terms.ts';
import type { Queries } from '../sql-database.ts';

export async function reviewedVotes(queries: Queries, key: number): Promise<ReviewedVote[]> {
  const { rows } = await sql<ReviewedVote>`
    SELECT v.source_key AS "journalKey", v.seq, t.id AS "terminalId", s.epoch, o.name AS origin, v.channel, v.rating, v.at,
      v.received_at AS "receivedAt", v.verdict, coalesce(d.by_rules, v.verdict) AS "byRules",
      CASE WHEN ${sql.raw(IN_EXCLUSION)} THEN 1 ELSE 0 END AS excluded
    FROM review_votes r JOIN votes v ON v.source_key = r.source_key AND v.seq = r.seq
    LEFT JOIN sources s ON s.key = v.source_key LEFT JOIN terminals t ON t.key = s.terminal_key
    LEFT JOIN origins o ON o.key = v.source_key
    LEFT JOIN decided_votes d ON d.source_key = v.source_key AND d.seq = v.seq
    WHERE r.review_key = ${key} ORDER BY v.at, v.source_key, v.seq`.execute(queries);
  return rows;
}

const IMPUTED = VERDICTS.indexOf('imputed');
const DISMISSED = VERDICTS.indexOf('dismissed');

export async function votesWithin(
  queries: Queries,
  windowKey: number,
  { from, to }: { from: number; to: number },
  decision: VoteDecision,
  limit: number,
): Promise<VoteKey[]> {
  // What a system gave is no citizen's vote, and what two people have dismissed is reopened where they did.
  const which =
    decision === 'dismiss'
      ? sql`v.verdict = 0`
      : sql`v.verdict <> 0 AND v.verdict <> ${IMPUTED} AND v.verdict <> ${DISMISSED}`;
  const quarters = [from, to].map((at) => Math.floor(at / QUARTER_MS));
  const there = `r.window_key = ${windowKey} AND r.quarter BETWEEN ${quarters.join(' AND ')}`;
  const { rows } = await sql<VoteKey>`
    SELECT v.source_key AS "journalKey", v.seq FROM (${sql.raw(votesOfRollups(there))}) v
    WHERE v.at BETWEEN ${from} AND ${to} AND ${which}
    ORDER BY v.at, v.source_key, v.seq LIMIT ${limit}`.execute(queries);
  return rows;
}
