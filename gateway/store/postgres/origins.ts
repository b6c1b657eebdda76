/** Votes of systems: their keys, and the numbers that they stand under. */
import { StoreFailure } from '../failures.ts';
import type { Origin, OriginVote } from '../origins.ts';
import { imputedOf, type KnownOriginVote, recordsOf, sortOut } from '../sql/origin-votes.ts';
import type { Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';

const SELECT = 'SELECT key FROM origins WHERE unit_id = $1 AND name = $2';
/** Two that make one at once: one of them waits for the other at the lock, and finds it. */
const LOCK = 'LOCK TABLE origins IN SHARE ROW EXCLUSIVE MODE';
const INSERT = `
  INSERT INTO origins (key, unit_id, name, last_seq)
  SELECT coalesce(min(key), 0) - 1, $1::text, $2::text, 0 FROM origins ON CONFLICT DO NOTHING`;

export async function openOrigin(transaction: Transaction, { name, unitId }: Origin): Promise<number> {
  const values = [unitId ?? '', name];
  const find = async () => (await transaction.rows<{ key: number }>({ text: SELECT, values }))[0]?.key;
  const known = await find();
  if (known !== undefined) return known;
  await transaction.rows({ text: LOCK });
  await transaction.rows({ text: INSERT, values });
  return (await find()) as number;
}

/** Whoever commits more of the same origin waits: the first row that a commit of it takes. */
const HOLD = 'SELECT last_seq AS "lastSeq" FROM origins WHERE key = $1 FOR UPDATE';
const SELECT_KNOWN = `
  SELECT o.key, v.window_key AS "windowKey", v.channel, v.rating, v.at, o.imputed FROM origin_votes o
  JOIN votes v ON v.source_key = o.source_key AND v.seq = o.seq WHERE o.source_key = $1 AND o.key = ANY ($2::text[])`;
const INSERT_KEYS = `
  INSERT INTO origin_votes (source_key, key, seq, imputed)
  SELECT $1::int4, k.key, k.seq, k.imputed FROM unnest($2::text[], $3::int4[], $4::int2[]) AS k (key, seq, imputed) ORDER BY k.key`;
const GIVE_NUMBERS = 'UPDATE origins SET last_seq = last_seq + $2::int4 WHERE key = $1';

/** Takes the keys of what is new; its votes are to be written in the same transaction. */
export async function takeKeys(transaction: Transaction, originKey: number, votes: readonly OriginVote[]) {
  const [held] = await transaction.rows<{ lastSeq: number }>({ text: HOLD, values: [originKey] });
  if (!held) throw new StoreFailure('storage-failed', `there is no origin ${originKey}`);
  const keys = votes.map(({ key }) => key);
  const known = await transaction.rows<KnownOriginVote>({ text: SELECT_KNOWN, values: [originKey, keys] });
  const { outcomes, fresh } = sortOut(votes, known);
  const records = recordsOf(originKey, fresh, held.lastSeq);
  if (records.length > 0) {
    const seqs = arrayOf(records.map(({ seq }) => seq));
    const values = [originKey, fresh.map(({ key }) => key), seqs, arrayOf(fresh.map(imputedOf))];
    await transaction.rows({ text: INSERT_KEYS, values });
    await transaction.rows({ text: GIVE_NUMBERS, values: [originKey, records.length] });
  }
  return { outcomes, records };
}
