/** What came otherwise than by a button is summed once more, by channel. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { VoteRecord } from '../ledger.ts';
import { ALL, EXCLUDED } from '../sql/history/sums.ts';
import { IN_EXCLUSION } from '../sql/ledger-terms.ts';
import type { Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';

const SET_APART = `
  WITH others AS (
    SELECT v.source_key, v.at / ${QUARTER_MS} AS quarter, v.window_key, v.channel, v.rating,
      CASE WHEN ${IN_EXCLUSION} THEN ${EXCLUDED} ELSE v.verdict END AS part
    FROM unnest($1::int4[], $2::int4[]) AS k (source_key, seq) JOIN votes v ON v.source_key = k.source_key AND v.seq = k.seq
  )
  INSERT INTO apart AS kept (source_key, quarter, window_key, channel, part, satisfied, basically, unsatisfied)
  SELECT source_key, quarter, window_key, channel, told.part, count(*) FILTER (WHERE rating = 0),
    count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2)
  FROM others CROSS JOIN LATERAL (SELECT ${ALL} UNION SELECT others.part) AS told (part)
  GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (source_key, quarter, window_key, channel, part) DO UPDATE SET
    satisfied = kept.satisfied + excluded.satisfied,
    basically = kept.basically + excluded.basically,
    unsatisfied = kept.unsatisfied + excluded.unsatisfied`;

/** @param stored in this transaction, with the verdicts that they came with */
export async function setApart(transaction: Transaction, stored: readonly VoteRecord[]): Promise<void> {
  const others = stored.filter(({ channel }) => channel !== 0);
  if (others.length === 0) return;
  const values = [arrayOf(others.map(({ journalKey }) => journalKey)), arrayOf(others.map(({ seq }) => seq))];
  await transaction.rows({ text: SET_APART, values });
}
