/** A review is opened once, and goes its way step by step. */
import { type Actor, writeActor } from '../../../domain/actor.ts';
import type { ReviewState } from '../../../domain/review-steps.ts';
import type { NewReview, ReviewEvent } from '../../reviews.ts';
import { chunksOf } from '../review/rows.ts';
import type { Queries } from '../sql-database.ts';

export async function openReview(
  queries: Queries,
  { figures, limit, votes, ...review }: NewReview,
  by: Actor,
  reason: string,
): Promise<boolean> {
  const made = await queries
    .insertInto('reviews')
    .values({
      ...{ id: review.id, window_key: review.windowKey, decision: review.decision },
      ...{ detector: review.detector, version: review.version, about: review.about },
      ...{ from_at: review.from, to_at: review.to, evidence: JSON.stringify({ figures, limit }) },
      ...{ found_at: review.foundAt, state: 'open' },
    })
    .onConflict((conflict) => conflict.columns(['window_key', 'detector', 'about']).doNothing())
    .returning('key')
    .executeTakeFirst();
  if (!made) return false;
  const { key } = made;
  for (const some of chunksOf(votes))
    await queries
      .insertInto('review_votes')
      .values(some.map(({ journalKey, seq }) => ({ review_key: key, source_key: journalKey, seq })))
      .execute();
  const event: ReviewEvent = { step: 'open', at: review.foundAt, by: writeActor(by), reason };
  await noteEvent(queries, key, event);
  return true;
}

export async function stepReview(
  queries: Queries,
  key: number,
  to: ReviewState,
  event: ReviewEvent,
): Promise<void> {
  const proposedBy =
    to === 'proposed' ? { proposed_by: event.by } : to === 'open' ? { proposed_by: null } : {};
  await queries
    .updateTable('reviews')
    .set({ state: to, confirmed_order: null, ...proposedBy })
    .where('key', '=', key)
    .execute();
  await noteEvent(queries, key, event);
}

async function noteEvent(
  queries: Queries,
  key: number,
  { step, at, by, reason }: ReviewEvent,
): Promise<void> {
  await queries
    .insertInto('review_events')
    .values({ review_key: key, step, at, made_by: by, reason })
    .execute();
}
