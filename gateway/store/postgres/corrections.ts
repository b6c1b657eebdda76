/** Other verdicts of votes that are stored, and what rules discount by them. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { Corrected, Correction, Unjudged } from '../ledger.ts';
import type { CommitId } from '../neighbours.ts';
import { IN_EXCLUSION } from '../sql/ledger-terms.ts';
import type { Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';

const ratings = (sign: string) =>
  [0, 1, 2].map((rating) => `CASE WHEN rating = ${rating} THEN ${sign}1 ELSE 0 END`).join(', ');

const MOVED = 'moved AS m (source_key, quarter, window_key, channel, verdict, a, b, c)';

/**
 * What two people have decided stays, and what the rules say of it is kept for when they take it back. What a vote was discounted as is
 * taken away, what it is discounted as is added: one row a key, or none is written twice.
 */
const CORRECT = `
  WITH judged AS (
    SELECT v.source_key, v.seq, v.window_key, v.rating, v.at, v.channel, v.verdict AS was, k.verdict AS becomes, ${IN_EXCLUSION} AS is_excluded
    FROM unnest($1::int4[], $2::int4[], $3::int2[]) AS k (source_key, seq, verdict)
    JOIN votes v ON v.source_key = k.source_key AND v.seq = k.seq
    LEFT JOIN decided_votes d ON d.source_key = k.source_key AND d.seq = k.seq WHERE v.verdict <> k.verdict AND d.seq IS NULL
  ), decided AS (
    UPDATE decided_votes d SET by_rules = k.verdict FROM unnest($1::int4[], $2::int4[], $3::int2[]) AS k (source_key, seq, verdict)
    WHERE d.source_key = k.source_key AND d.seq = k.seq
  ), changed AS (
    UPDATE votes v SET verdict = j.becomes FROM judged j WHERE v.source_key = j.source_key AND v.seq = j.seq
    RETURNING j.*
  ), moved AS (
    SELECT source_key, at / ${QUARTER_MS} AS quarter, window_key, channel, was AS verdict, ${ratings('-')} FROM changed WHERE NOT is_excluded AND was <> 0
    UNION ALL
    SELECT source_key, at / ${QUARTER_MS}, window_key, channel, becomes, ${ratings('')} FROM changed WHERE NOT is_excluded AND becomes <> 0
  ), discounting AS (
    INSERT INTO discounted AS kept (source_key, quarter, window_key, verdict, satisfied, basically, unsatisfied)
    SELECT source_key, quarter, window_key, verdict, sum(a), sum(b), sum(c)
    FROM ${MOVED} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (source_key, quarter, window_key, verdict) DO UPDATE SET
      satisfied = kept.satisfied + excluded.satisfied,
      basically = kept.basically + excluded.basically,
      unsatisfied = kept.unsatisfied + excluded.unsatisfied
  ), setting_apart AS (
    INSERT INTO apart AS kept (source_key, quarter, window_key, channel, part, satisfied, basically, unsatisfied)
    SELECT source_key, quarter, window_key, channel, verdict, sum(a), sum(b), sum(c)
    FROM ${MOVED} WHERE channel <> 0 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (source_key, quarter, window_key, channel, part) DO UPDATE SET
      satisfied = kept.satisfied + excluded.satisfied,
      basically = kept.basically + excluded.basically,
      unsatisfied = kept.unsatisfied + excluded.unsatisfied
  ), late AS (
    INSERT INTO history_late (window_key, quarter, channel, part, satisfied, basically, unsatisfied)
    SELECT window_key, quarter, told.channel, verdict, sum(a), sum(b), sum(c)
    FROM ${MOVED} CROSS JOIN LATERAL (SELECT 0 UNION SELECT m.channel) AS told (channel)
    WHERE quarter < (SELECT late_before FROM history_state) GROUP BY 1, 2, 3, 4
  )
  SELECT window_key AS "windowKey", rating, at, was AS "from", becomes AS "to", is_excluded AS excluded,
    pg_current_xact_id()::text AS commit FROM changed`;
const dropEmpty = (table: string) =>
  `DELETE FROM ${table} WHERE source_key = ANY ($1::int4[]) AND satisfied = 0 AND basically = 0 AND unsatisfied = 0`;
const DROP_EMPTY = `WITH dropped AS (${dropEmpty('discounted')}) ${dropEmpty('apart')}`;

const NOTE_UNJUDGED = `
  INSERT INTO unjudged (window_key, from_at, to_at) SELECT * FROM unnest($1::int4[], $2::int8[], $3::int8[])`;

export async function noteUnjudged(transaction: Transaction, unjudged: readonly Unjudged[]): Promise<void> {
  if (unjudged.length === 0) return;
  const values = [
    arrayOf(unjudged.map(({ windowKey }) => windowKey)),
    arrayOf(unjudged.map(({ from }) => from)),
    arrayOf(unjudged.map(({ to }) => to)),
  ];
  await transaction.rows({ text: NOTE_UNJUDGED, values });
}

/** After the batch's own votes. @param corrections of two of one vote the later one holds */
export async function correct(
  transaction: Transaction,
  corrections: readonly Correction[],
): Promise<{ commit: CommitId | null; corrected: Corrected[] }> {
  if (corrections.length === 0) return { commit: null, corrected: [] };
  const latest = [...new Map(corrections.map((one) => [`${one.journalKey}/${one.seq}`, one])).values()];
  const journalKeys = arrayOf(latest.map(({ journalKey }) => journalKey));
  const corrected = await transaction.rows<Corrected & { commit: CommitId }>({
    text: CORRECT,
    values: [
      journalKeys,
      arrayOf(latest.map(({ seq }) => seq)),
      arrayOf(latest.map(({ verdict }) => verdict)),
    ],
  });
  if (corrected.some(({ from }) => from !== 0))
    await transaction.rows({ text: DROP_EMPTY, values: [journalKeys] });
  const [first] = corrected;
  return { commit: first?.commit ?? null, corrected: corrected.map(({ commit: _, ...one }) => one) };
}
