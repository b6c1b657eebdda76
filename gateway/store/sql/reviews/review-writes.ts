/** A review is opened once, and goes its way step by step. */
import { type Actor, writeActor } from '../../../domain/actor.ts';
import type { ReviewState } from '../../../domain/review-steps.ts';
import type { NewReview, Opened, ReviewEvent } from '../../reviews.ts';
import { chunksOf } from '../review/rows.ts';
import type { Queries } from '../sql-database.ts';

export async function openReview(
  queries: Queries,
  { figures, limit, votes, ...review }: NewReview,
  by: Actor,
  reason: string,
): Promise<Opened | null> {
  const waiting = isFound(review) ? await waitingOverlap(queries, review, votes) : undefined;
  if (waiting) {
    const isSame = waiting.about === review.about || (await isKept(queries, review));
    if (waiting.state !== 'open' || isSame) return null;
    await renew(queries, waiting.key, { figures, limit, votes, ...review });
    return { id: waiting.id, isNew: false };
  }
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
  if (!made) return null;
  const { key } = made;
  await keepVotes(queries, key, votes);
  const event: ReviewEvent = { step: 'open', at: review.foundAt, by: writeActor(by), reason };
  await noteEvent(queries, key, event);
  return { id: review.id, isNew: true };
}

/** Detectors find the same again; what a person brings up is what they mean. */
const isFound = ({ detector }: Place) => detector !== 'person';

type Place = Pick<NewReview, 'windowKey' | 'detector' | 'about' | 'from' | 'to'>;

/** One of the same detector about some of these votes, that nobody has decided. */
async function waitingOverlap(queries: Queries, review: Place, votes: NewReview['votes']) {
  const { windowKey, detector, from, to } = review;
  const waiting = await queries
    .selectFrom('reviews')
    .select(['key', 'id', 'state', 'about'])
    .where('window_key', '=', windowKey)
    .where('detector', '=', detector)
    .where('state', 'in', ['open', 'proposed'])
    .where('from_at', '<=', to)
    .where('to_at', '>=', from)
    .orderBy('state')
    .orderBy('key')
    .execute();
  if (waiting.length === 0) return undefined;
  const names = new Set(votes.map(({ journalKey, seq }) => `${journalKey}/${seq}`));
  for (const one of waiting) {
    const about = await queries
      .selectFrom('review_votes')
      .select(['source_key as journalKey', 'seq'])
      .where('review_key', '=', one.key)
      .execute();
    if (about.some(({ journalKey, seq }) => names.has(`${journalKey}/${seq}`))) return one;
  }
  return undefined;
}

/** It was found before, and decided. */
async function isKept(queries: Queries, { windowKey, detector, about }: Place): Promise<boolean> {
  const row = await queries
    .selectFrom('reviews')
    .select('key')
    .where('window_key', '=', windowKey)
    .where('detector', '=', detector)
    .where('about', '=', about)
    .executeTakeFirst();
  return row !== undefined;
}

async function renew(queries: Queries, key: number, review: NewReview): Promise<void> {
  const { about, version, from, to, figures, limit, votes } = review;
  await queries
    .updateTable('reviews')
    .set({ about, version, from_at: from, to_at: to, evidence: JSON.stringify({ figures, limit }) })
    .where('key', '=', key)
    .execute();
  await queries.deleteFrom('review_votes').where('review_key', '=', key).execute();
  await keepVotes(queries, key, votes);
}

async function keepVotes(queries: Queries, key: number, votes: NewReview['votes']): Promise<void> {
  for (const some of chunksOf(votes))
    await queries
      .insertInto('review_votes')
      .values(some.map(({ journalKey, seq }) => ({ review_key: key, source_key: journalKey, seq })))
      .execute();
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
