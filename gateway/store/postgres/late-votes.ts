/** Votes of quarters of an hour that are folded already: see sql/history/late.ts. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { VoteRecord } from '../ledger.ts';
import { ALL, EXCLUDED } from '../sql/history/sums.ts';
import { IN_EXCLUSION } from '../sql/ledger-terms.ts';
import type { Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';

const NOTE = `
  WITH late AS (
    SELECT v.window_key, v.at / ${QUARTER_MS} AS quarter, v.channel, v.rating, CASE WHEN ${IN_EXCLUSION} THEN ${EXCLUDED} ELSE v.verdict END AS part
    FROM unnest($1::int4[], $2::int4[]) AS k (source_key, seq) JOIN votes v ON v.source_key = k.source_key AND v.seq = k.seq
    WHERE v.at < (SELECT late_before::int8 * ${QUARTER_MS} FROM history_state)
  ), parts AS (
    SELECT window_key, quarter, channel, rating, ${ALL} AS part FROM late UNION ALL
    SELECT window_key, quarter, channel, rating, part FROM late WHERE part <> ${ALL}
  )
  INSERT INTO history_late (window_key, quarter, channel, part, satisfied, basically, unsatisfied)
  SELECT window_key, quarter, told.channel, part, count(*) FILTER (WHERE rating = 0), count(*) FILTER (WHERE rating = 1),
    count(*) FILTER (WHERE rating = 2)
  FROM parts CROSS JOIN LATERAL (SELECT 0 UNION SELECT parts.channel) AS told (channel) GROUP BY 1, 2, 3, 4`;

/** @param stored in this transaction */
export async function noteLateVotes(transaction: Transaction, stored: readonly VoteRecord[]): Promise<void> {
  const values = [arrayOf(stored.map(({ journalKey }) => journalKey)), arrayOf(stored.map(({ seq }) => seq))];
  await transaction.rows({ text: NOTE, values });
}
