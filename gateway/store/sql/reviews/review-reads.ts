/** Reviews as they are read. */
import { sql } from 'kysely';
import type { ReviewState, ReviewStep, VoteDecision } from '../../../domain/review-steps.ts';
import type { Evidence, ReviewRecord, ReviewsReads, WaitingReviews } from '../../reviews.ts';
import type { Queries } from '../sql-database.ts';
import { reviewedVotes } from './reviewed-votes.ts';

const reviewsOn = (queries: Queries) =>
  queries.selectFrom('reviews as r').select(({ selectFrom }) => [
    'r.key',
    'r.id',
    'r.window_key as windowKey',
    'r.decision',
    'r.detector',
    'r.version',
    'r.from_at as from',
    'r.to_at as to',
    'r.evidence',
    'r.found_at as foundAt',
    'r.state',
    'r.proposed_by as proposedBy',
    selectFrom('review_votes as v')
      .whereRef('v.review_key', '=', 'r.key')
      .select(({ fn }) => fn.countAll<number>().as('votes'))
      .as('votes'),
  ]);

type Row = Awaited<ReturnType<ReturnType<typeof reviewsOn>['execute']>>[number];

const recordOf = ({ evidence, decision, state, votes, ...row }: Row): ReviewRecord => ({
  ...row,
  ...(JSON.parse(evidence) as Evidence),
  decision: decision as VoteDecision,
  state: state as ReviewState,
  votes: Number(votes),
});

export function reviewReads(queries: Queries): ReviewsReads {
  return {
    async list({ windowKeys, states, detectors, before }, limit) {
      if (windowKeys?.length === 0 || states?.length === 0 || detectors?.length === 0) return [];
      let found = reviewsOn(queries).orderBy('r.key', 'desc').limit(limit);
      if (before !== undefined) found = found.where('r.key', '<', before);
      if (states) found = found.where('r.state', 'in', states);
      if (detectors) found = found.where('r.detector', 'in', detectors);
      if (windowKeys) found = found.where('r.window_key', 'in', windowKeys);
      return (await found.execute()).map(recordOf);
    },
    async review(id) {
      const row = await reviewsOn(queries).where('r.id', '=', id).executeTakeFirst();
      return row && recordOf(row);
    },
    async events(key) {
      const rows = await queries
        .selectFrom('review_events')
        .select(['step', 'at', 'made_by as by', 'reason'])
        .where('review_key', '=', key)
        .orderBy('key')
        .execute();
      return rows.map((row) => ({ ...row, step: row.step as ReviewStep | 'open' }));
    },
    votesOf: (key) => reviewedVotes(queries, key),
    async waiting(windowKeys) {
      const waiting = { open: 0, proposed: 0 };
      if (windowKeys?.length === 0) return waiting;
      let states = queries
        .selectFrom('reviews')
        .select(({ fn }) => ['state', fn.countAll<number>().as('reviews')])
        .where('state', 'in', ['open', 'proposed'])
        .groupBy('state');
      if (windowKeys) states = states.where('window_key', 'in', windowKeys);
      for (const { state, reviews } of await states.execute())
        waiting[state as keyof typeof waiting] = Number(reviews);
      return waiting;
    },
    async waitingByWindow() {
      const { rows } = await sql<WaitingReviews>`
        SELECT w.window_key AS "windowKey", count(*) AS reviews, min(w.since) AS since
        FROM (
          SELECT r.window_key, (SELECT max(e.at) FROM review_events e WHERE e.review_key = r.key) AS since
          FROM reviews r WHERE r.state IN ('open', 'proposed')) AS w
        GROUP BY w.window_key ORDER BY w.window_key`.execute(queries);
      return rows.map(({ windowKey, reviews, since }) => ({
        ...{ windowKey, reviews: Number(reviews), since: Number(since) },
      }));
    },
  };
}
