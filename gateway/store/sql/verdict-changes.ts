/** Other verdicts of votes that are stored, and what rules discount by them. */
import { sql } from 'kysely';
import { createExclusions, type Exclusions } from '../../domain/exclusions.ts';
import type { Corrected, Correction, VerdictCode } from '../ledger.ts';
import type { StoredPress } from '../verdicts.ts';
import { addApart } from './apart.ts';
import { ApartBatch } from './apart-batch.ts';
import { DiscountedBatch } from './discounted-batch.ts';
import { noteLate } from './history/late.ts';
import { chunksOf, insertNumbers } from './review/rows.ts';
import type { Queries } from './sql-database.ts';

export type ChangedVote = Pick<
  StoredPress,
  'journalKey' | 'terminalKey' | 'seq' | 'channel' | 'rating' | 'at' | 'verdict'
>;
export type Change = { windowKey: number; vote: ChangedVote; verdict: VerdictCode };

/** `was`: what the vote counts for as far as whoever corrects it knows. */
export type Rewrite = Correction & { was: VerdictCode };
/**
 * Of votes that are there, each once, where it counts for what it was; how many are written at once is each database's own.
 * @returns how many were
 */
export type WriteVerdicts = (queries: Queries, rewrites: readonly Rewrite[]) => Promise<number>;

/** What a change rests on is another by now. The transaction is undone. */
export class NoLongerSo extends Error {}

/** @throws NoLongerSo: one of them counts for something else */
export async function correct(
  queries: Queries,
  changes: readonly Change[],
  write: WriteVerdicts,
): Promise<Corrected[]> {
  // Two spans of one window may reach the same vote: what was found last is what holds, and was found of the same votes.
  const latest = [...new Map(changes.map((one) => [`${one.vote.journalKey}/${one.vote.seq}`, one])).values()];
  if (latest.length === 0) return [];
  const exclusions = await exclusionsOf(queries, latest);
  const sums = new DiscountedBatch();
  const apart = new ApartBatch();
  const corrected = latest.map(({ windowKey, vote, verdict: to }): Corrected => {
    const { journalKey, rating, at, verdict: from, terminalKey } = vote;
    const excluded = exclusions.excludes({ journalKey, windowKey, at }, terminalKey);
    if (!excluded) {
      sums.add({ ...vote, windowKey }, from, -1);
      sums.add({ ...vote, windowKey }, to);
      if (from !== 0) apart.add({ ...vote, windowKey }, from, -1);
      if (to !== 0) apart.add({ ...vote, windowKey }, to);
    }
    return { windowKey, rating, at, from, to, excluded };
  });
  const rewritten = await write(
    queries,
    latest.map(({ vote: { journalKey, seq, verdict: was }, verdict }) => ({ journalKey, seq, was, verdict })),
  );
  if (rewritten !== latest.length) throw new NoLongerSo('what a vote counts for');
  await addDiscounted(
    queries,
    sums,
    corrected.some(({ from }) => from !== 0),
  );
  await addApart(queries, apart.values());
  return corrected;
}

/** Those that people have excluded now, in the time of these votes. */
async function exclusionsOf(queries: Queries, changes: readonly Change[]): Promise<Exclusions> {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { vote } of changes) [first, last] = [Math.min(first, vote.at), Math.max(last, vote.at)];
  return exclusionsWithin(queries, first, last);
}

/** Press times, both ends included. */
export async function exclusionsWithin(queries: Queries, first: number, last: number): Promise<Exclusions> {
  const rows = await queries
    .selectFrom('exclusions')
    .select(['terminal_key as terminalKey', 'origin_key as originKey', 'window_key as windowKey'])
    .select(['from_at as from', 'to_at as to', 'ended_at as endedAt'])
    .where('ended_at', 'is', null)
    .where('to_at', '>', first)
    .where('from_at', '<=', last)
    .execute();
  return createExclusions(rows);
}

async function addDiscounted(queries: Queries, sums: DiscountedBatch, mayBeLess: boolean): Promise<void> {
  const added = sums.values();
  await insertNumbers(
    queries,
    'discounted AS kept (source_key, quarter, window_key, verdict, satisfied, basically, unsatisfied)',
    added.map(({ journalKey, quarter, windowKey, verdict, counts }) => [
      ...[journalKey, quarter, windowKey, verdict],
      ...counts,
    ]),
    sql`
      ON CONFLICT (source_key, quarter, window_key, verdict) DO UPDATE SET
        satisfied = kept.satisfied + excluded.satisfied,
        basically = kept.basically + excluded.basically,
        unsatisfied = kept.unsatisfied + excluded.unsatisfied`,
  );
  await noteLate(
    queries,
    added.map((sum) => ({ ...sum, channel: 0, part: sum.verdict })),
  );
  if (!mayBeLess || added.length === 0) return;
  const quarters = added.map(({ quarter }) => quarter);
  const journals = [...new Set(added.map(({ journalKey }) => journalKey))];
  for (const some of chunksOf(journals))
    await queries
      .deleteFrom('discounted')
      .where('source_key', 'in', some)
      .where('quarter', '>=', Math.min(...quarters))
      .where('quarter', '<=', Math.max(...quarters))
      .where('satisfied', '=', 0)
      .where('basically', '=', 0)
      .where('unsatisfied', '=', 0)
      .execute();
}
