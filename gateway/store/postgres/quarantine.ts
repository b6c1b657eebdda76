/** What is set aside, and what is lost: everything else that a commit writes. */
import type { LostRecord, QuarantineRecord, VoteRecord } from '../ledger.ts';
import { storable } from '../text.ts';
import { CONFLICTS_OF_JOURNAL } from './advisory-locks.ts';
import type { Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';

/** Records that speak of no number, or are decided about, are only for looking at: the newest are kept. */
const KEPT = 20_000;
/** Other bodies of one vote that wait for a person; a terminal's share of numbers is bounded where they come in. */
const CONFLICTS_OF_ONE = 4;

const COLUMNS = 'received_at, reason, terminal_key, topic, source_key, seq, payload, claims';
const insert = (onConflict: string) => `
  INSERT INTO quarantine (${COLUMNS})
  SELECT ${COLUMNS} FROM unnest($1::int8[], $2::text[], $3::int4[], $4::text[], $5::int4[], $6::int4[], $7::text[], $8::int2[])
    WITH ORDINALITY AS q (${COLUMNS}, place)
  ORDER BY source_key, seq, place ${onConflict} RETURNING key`;
const INSERT = insert('ON CONFLICT DO NOTHING');
/** In the place of the record before: a new one, which nobody has decided on. */
const REPLACE = insert(`
  ON CONFLICT (source_key, seq) WHERE claims = 1 DO UPDATE SET
    key = excluded.key, received_at = excluded.received_at, reason = excluded.reason, terminal_key = excluded.terminal_key,
    topic = excluded.topic, payload = excluded.payload, decision = NULL, decided_at = NULL`);
/** What another is removing already is left to it. */
const PRUNE = `
  DELETE FROM quarantine WHERE key IN (
    SELECT key FROM quarantine WHERE claims = 0 AND key <= $1 AND (seq IS NULL OR decision IS NOT NULL)
    ORDER BY key LIMIT 1000 FOR UPDATE SKIP LOCKED)`;

type Claim = 0 | 1;

async function write(
  transaction: Transaction,
  text: string,
  records: readonly QuarantineRecord[],
  claims: Claim,
): Promise<void> {
  if (records.length === 0) return;
  const values = [
    arrayOf(records.map(({ receivedAt }) => receivedAt)),
    records.map(({ reason }) => storable(reason)),
    records.map(({ terminalKey }) => terminalKey),
    records.map(({ topic }) => storable(topic)),
    records.map(({ journalKey }) => journalKey),
    records.map(({ seq }) => seq),
    records.map(({ payload }) => storable(payload)),
    records.map(() => claims),
  ];
  const keys = await transaction.rows<{ key: number }>({ text, values });
  for (const { key } of keys)
    if (key % 256 === 0) await transaction.rows({ text: PRUNE, values: [key - KEPT] });
}

/** Records that account for a number of a journal, and such as do for none. */
export async function setAside(
  transaction: Transaction,
  records: readonly QuarantineRecord[],
): Promise<void> {
  const speaksOfNone: QuarantineRecord[] = [];
  const claims = new Map<string, QuarantineRecord>();
  const replacing = new Map<string, QuarantineRecord>();
  for (const record of records) {
    const name = `${record.journalKey}/${record.seq}`;
    if (record.seq === null || record.journalKey === null) speaksOfNone.push(record);
    else if (record.replaces) replacing.set(name, record);
    else if (!claims.has(name)) claims.set(name, record);
  }
  // One statement writes a row once: what is replaced in the same batch is not written.
  for (const name of replacing.keys()) claims.delete(name);
  await write(transaction, INSERT, [...claims.values()], 1);
  await write(transaction, REPLACE, [...replacing.values()], 1);
  await write(transaction, INSERT, speaksOfNone, 0);
}

/** A lock for each journal, so that two at once do not both find room for the last. */
const LOCK_JOURNALS = `
  SELECT pg_advisory_xact_lock(${CONFLICTS_OF_JOURNAL}, key) FROM (SELECT DISTINCT unnest($1::int4[]) AS key ORDER BY 1) AS journals`;
const COUNT_CONFLICTS = `
  SELECT source_key AS "journalKey", seq, count(*)::int4 AS count FROM quarantine q
  JOIN (SELECT DISTINCT * FROM unnest($1::int4[], $2::int4[]) AS k (source_key, seq)) AS k USING (source_key, seq)
  WHERE claims = 0 AND decision IS NULL GROUP BY 1, 2`;

/** Other bodies of stored votes, for a person to look at. */
export async function keepConflicts(transaction: Transaction, votes: readonly VoteRecord[]): Promise<void> {
  if (votes.length === 0) return;
  const sources = arrayOf(votes.map(({ journalKey }) => journalKey));
  const seqs = arrayOf(votes.map(({ seq }) => seq));
  await transaction.rows({ text: LOCK_JOURNALS, values: [sources] });
  const counted = await transaction.rows<{ journalKey: number; seq: number; count: number }>({
    text: COUNT_CONFLICTS,
    values: [sources, seqs],
  });
  const kept = new Map(counted.map(({ journalKey, seq, count }) => [`${journalKey}/${seq}`, count]));
  const records: QuarantineRecord[] = [];
  for (const vote of votes) {
    const { receivedAt, journalKey, seq } = vote;
    const count = kept.get(`${journalKey}/${seq}`) ?? 0;
    if (count >= CONFLICTS_OF_ONE) continue;
    kept.set(`${journalKey}/${seq}`, count + 1);
    const payload = JSON.stringify(vote);
    records.push({
      receivedAt,
      reason: 'identity-conflict',
      terminalKey: null,
      topic: '',
      journalKey,
      seq,
      payload,
    });
  }
  await write(transaction, INSERT, records, 0);
}

/** Whoever wrote numbers off has not decided about those after them. */
const NOTE_LOST = `
  INSERT INTO lost AS kept (source_key, from_seq, to_seq, noted_at)
  SELECT * FROM unnest($1::int4[], $2::int4[], $3::int4[], $4::int8[]) AS l (source_key, from_seq, to_seq, noted_at)
  ORDER BY source_key, from_seq
  ON CONFLICT (source_key, from_seq) DO UPDATE SET to_seq = excluded.to_seq, written_off_at = NULL, on_its_way = 0
  WHERE excluded.to_seq > kept.to_seq`;

export async function noteLost(transaction: Transaction, lost: readonly LostRecord[]): Promise<void> {
  if (lost.length === 0) return;
  const noted = new Map<string, LostRecord>();
  for (const { journalKey, range, at } of lost) {
    const name = `${journalKey}/${range[0]}`;
    const before = noted.get(name);
    const to = Math.max(before?.range[1] ?? 0, range[1]);
    noted.set(name, { journalKey, range: [range[0], to], at: before?.at ?? at });
  }
  const records = [...noted.values()];
  const values = [
    arrayOf(records.map(({ journalKey }) => journalKey)),
    arrayOf(records.map(({ range }) => range[0])),
    arrayOf(records.map(({ range }) => range[1])),
    arrayOf(records.map(({ at }) => at)),
  ];
  await transaction.rows({ text: NOTE_LOST, values });
}
