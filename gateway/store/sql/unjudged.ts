/** Which votes are to be judged by what is stored, in SQL that both databases understand. */
import type { Unjudged, VoteRecord } from '../ledger.ts';
import { chunksOf } from './review/rows.ts';
import type { Queries } from './sql-database.ts';

/** One span a window, from the first of these votes to the last. */
export function unjudgedOf(votes: readonly Pick<VoteRecord, 'windowKey' | 'at'>[]): Unjudged[] {
  const spans = new Map<number, Unjudged>();
  for (const { windowKey, at } of votes) {
    const { from = at, to = at } = spans.get(windowKey) ?? {};
    spans.set(windowKey, { windowKey, from: Math.min(from, at), to: Math.max(to, at) });
  }
  return [...spans.values()];
}

export async function noteUnjudged(queries: Queries, spans: readonly Unjudged[]): Promise<void> {
  for (const some of chunksOf(spans))
    await queries
      .insertInto('unjudged')
      .values(some.map(({ windowKey, from, to }) => ({ window_key: windowKey, from_at: from, to_at: to })))
      .execute();
}
