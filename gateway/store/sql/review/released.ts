/** Held records become votes: written as a commit would, some hundred at a time. */
import { sql } from 'kysely';
import type { ReleasedVote } from '../../review.ts';
import { addApart } from '../apart.ts';
import { ApartBatch } from '../apart-batch.ts';
import { noteLate } from '../history/late.ts';
import { ALL } from '../history/sums.ts';
import { RollupBatch } from '../rollup-batch.ts';
import type { Queries } from '../sql-database.ts';
import { chunksOf, writeRows } from './rows.ts';

/** A record with the vote that it speaks of. */
export type Candidate = {
  row: { key: number; journalKey: number; seq: number; receivedAt: number };
  vote: ReleasedVote;
  windowKey: number;
};

/** With their rollups and datings. @returns those whose number was not taken, by it; of two under one number the first. */
export async function storeReleased(
  queries: Queries,
  candidates: readonly Candidate[],
): Promise<readonly Candidate[]> {
  const bootKeys = await keysOfBoots(queries, [...new Set(candidates.map(({ vote }) => vote.boot))].sort());
  const stored = await insertVotes(queries, firstsByNumber(candidates), bootKeys);
  await addToRollups(queries, stored);
  await noteClaims(queries, stored);
  return stored;
}

const byNumber = ({ row: a }: Candidate, { row: b }: Candidate) =>
  a.journalKey - b.journalKey || a.seq - b.seq;

function firstsByNumber(candidates: readonly Candidate[]): Candidate[] {
  const sorted = [...candidates].sort(byNumber);
  return sorted.filter((one, index) => index === 0 || byNumber(one, sorted[index - 1] as Candidate) !== 0);
}

async function keysOfBoots(queries: Queries, boots: readonly string[]): Promise<Map<string, number>> {
  const keys = new Map<string, number>();
  for (const some of chunksOf(boots)) {
    const look = async () => {
      const known = queries.selectFrom('boots').select(['boot', 'key']).where('boot', 'in', some);
      for (const { boot, key } of await known.execute()) keys.set(boot, key);
    };
    await look();
    const fresh = some.filter((boot) => !keys.has(boot));
    if (fresh.length === 0) continue;
    const named = fresh.map((boot) => ({ boot }));
    await queries
      .insertInto('boots')
      .values(named)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await look();
  }
  return keys;
}

async function insertVotes(
  queries: Queries,
  votes: readonly Candidate[],
  bootKeys: ReadonlyMap<string, number>,
): Promise<readonly Candidate[]> {
  const rows = votes.map(({ row, vote, windowKey }) => [
    row.journalKey,
    row.seq,
    windowKey,
    vote.rating,
    vote.at,
    vote.clock,
    bootKeys.get(vote.boot),
    vote.mono,
    row.receivedAt,
    vote.channel,
  ]);
  const inserted = await writeRows(
    queries,
    rows,
    (values) => sql<{ journalKey: number; seq: number }>`
      INSERT INTO votes (source_key, seq, window_key, rating, at, clock, boot_key, mono, received_at, channel)
      VALUES ${values} ON CONFLICT DO NOTHING RETURNING source_key AS "journalKey", seq`,
  );
  if (inserted.length === votes.length) return votes;
  const numbers = new Set(inserted.map(({ journalKey, seq }) => `${journalKey}/${seq}`));
  return votes.filter(({ row }) => numbers.has(`${row.journalKey}/${row.seq}`));
}

/** Added, not counted anew: a journal has many more votes than were held. */
async function addToRollups(queries: Queries, votes: readonly Candidate[]): Promise<void> {
  const sums = new RollupBatch();
  const apart = new ApartBatch();
  for (const { row, vote, windowKey } of votes) {
    const { rating, at, channel } = vote;
    const stored = { journalKey: row.journalKey, seq: row.seq, windowKey, rating, at, channel };
    sums.add(stored);
    apart.add(stored, ALL);
  }
  const sorted = [...sums.values()].sort(
    (a, b) => a.journalKey - b.journalKey || a.quarter - b.quarter || a.windowKey - b.windowKey,
  );
  const rows = sorted.map(({ journalKey, quarter, windowKey, counts, firstSeq, lastSeq, lastAt }) => [
    ...[journalKey, quarter, windowKey, ...counts],
    ...[firstSeq, lastSeq, lastAt],
  ]);
  await writeRows(
    queries,
    rows,
    (values) => sql`
      INSERT INTO rollups AS kept
        (source_key, quarter, window_key, satisfied, basically, unsatisfied, first_seq, last_seq, last_at)
      VALUES ${values} ON CONFLICT (source_key, quarter, window_key) DO UPDATE SET
        satisfied = kept.satisfied + excluded.satisfied,
        basically = kept.basically + excluded.basically,
        unsatisfied = kept.unsatisfied + excluded.unsatisfied,
        first_seq = CASE WHEN excluded.first_seq < kept.first_seq THEN excluded.first_seq ELSE kept.first_seq END,
        last_seq = CASE WHEN excluded.last_seq > kept.last_seq THEN excluded.last_seq ELSE kept.last_seq END,
        last_at = CASE WHEN excluded.last_at > kept.last_at THEN excluded.last_at ELSE kept.last_at END`,
  );
  await noteLate(
    queries,
    sorted.map((sum) => ({ ...sum, channel: 0, part: ALL })),
  );
  await addApart(queries, apart.values());
}

async function noteClaims(queries: Queries, votes: readonly Candidate[]): Promise<void> {
  const rows = votes
    .filter(({ vote }) => vote.claimedAt !== null)
    .map(({ row, vote }) => [row.journalKey, row.seq, vote.claimedAt]);
  await writeRows(
    queries,
    rows,
    (values) => sql`
      INSERT INTO datings (source_key, seq, claimed_at) VALUES ${values}
      ON CONFLICT (source_key, seq) DO UPDATE SET claimed_at = excluded.claimed_at`,
  );
}
