/** Journals and what is known of their numbers. */
import type { Counts } from '../../../protocol/vote.ts';
import type { Range } from '../../domain/seq-ranges.ts';
import type { JournalIdentity } from '../journals.ts';
import type { KnownNumber } from '../ledger.ts';
import type { Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';
import type { Reads } from './settled-reads.ts';

export type Journal = { terminalKey: number; epoch: string };

const INSERT = `
  INSERT INTO sources (terminal_key, epoch)
  SELECT DISTINCT * FROM unnest($1::int4[], $2::text[]) AS s (terminal_key, epoch) ORDER BY 1, 2
  ON CONFLICT DO NOTHING`;
const SELECT = `
  SELECT s.key, s.terminal_key AS "terminalKey", s.epoch FROM unnest($1::int4[], $2::text[]) WITH ORDINALITY AS k (terminal_key, epoch, place)
  JOIN sources s ON s.terminal_key = k.terminal_key AND s.epoch = k.epoch ORDER BY k.place`;

/** In the order of what was asked for; made where there was none, also when others make the same at once. */
export async function openJournals(
  transaction: Transaction,
  journals: readonly Journal[],
): Promise<JournalIdentity[]> {
  const values = [
    arrayOf(journals.map(({ terminalKey }) => terminalKey)),
    journals.map(({ epoch }) => epoch),
  ];
  // Looked for first: an insert that finds its row there has used up a key.
  const known = await transaction.rows<JournalIdentity>({ text: SELECT, values });
  if (known.length === journals.length) return known;
  await transaction.rows({ text: INSERT, values });
  return transaction.rows<JournalIdentity>({ text: SELECT, values });
}

const KNOWN_NUMBERS = `
  SELECT v.seq IS NOT NULL AS "isStored", q.reason AS "setAsideReason",
    q.key IS NOT NULL AND q.decision IS NULL AS "isUndecided",
    EXISTS (SELECT FROM lost l WHERE l.source_key = $1 AND k.seq BETWEEN l.from_seq AND l.to_seq
      AND l.written_off_at IS NOT NULL) AS "isWrittenOff"
  FROM unnest($2::int4[]) WITH ORDINALITY AS k (seq, place)
  LEFT JOIN votes v ON v.source_key = $1 AND v.seq = k.seq
  LEFT JOIN quarantine q ON q.source_key = $1 AND q.seq = k.seq AND q.claims = 1
  ORDER BY k.place`;

/** Islands of consecutive numbers: seq minus its rank is constant within one. */
export const ACCOUNTED_RANGES = `
  SELECT min(seq) AS from, max(seq) AS to FROM (
    SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM (
      SELECT seq FROM votes WHERE source_key = $1
      UNION SELECT seq FROM quarantine WHERE source_key = $1 AND claims = 1) AS numbers) AS ranked
  GROUP BY island
  UNION ALL SELECT from_seq, to_seq FROM lost WHERE source_key = $1
  ORDER BY 1, 2`;

const COUNT_STORED = `
  SELECT count(*) FILTER (WHERE rating = 0) AS satisfied, count(*) FILTER (WHERE rating = 1) AS basically,
    count(*) FILTER (WHERE rating = 2) AS unsatisfied
  FROM votes WHERE source_key = $1`;

export const readKnownNumbers = (reads: Reads, journalKey: number, seqs: readonly number[]) =>
  reads.rows<KnownNumber>({ text: KNOWN_NUMBERS, values: [journalKey, arrayOf(seqs)] });

export async function readAccountedRanges(reads: Reads, journalKey: number): Promise<Range[]> {
  const rows = await reads.rows<{ from: number; to: number }>({
    text: ACCOUNTED_RANGES,
    values: [journalKey],
  });
  return rows.map(({ from, to }) => [from, to]);
}

export async function countVotes(reads: Reads, journalKey: number): Promise<Counts> {
  const [counts] = await reads.rows<Counts>({ text: COUNT_STORED, values: [journalKey] });
  return counts as Counts;
}
