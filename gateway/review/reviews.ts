/**
 * What detectors have flagged, and what people decide about it, at the command line and over HTTP alike. No flag discounts anything: one
 * person proposes with a reason, another one confirms, and only then its votes count for something else. Everything can be taken back.
 */
import { randomBytes } from 'node:crypto';
import { readReason } from '../audit/reasons.ts';
import { type Actor, writeActor } from '../domain/actor.ts';
import { decidedDetail } from '../domain/decided-lines.ts';
import { afterStep, possibleSteps, type ReviewStep, type VoteDecision } from '../domain/review-steps.ts';
import { mayReview } from '../domain/roles.ts';
import { PeopleRefusal } from '../people/refusal.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { ReviewRecord, ReviewsReads, ReviewsStore, ReviewsTx, Settled } from '../store/reviews.ts';

export type Reviews = Pick<ReviewsReads, 'list' | 'events' | 'votesOf' | 'waiting'> & {
  /** @throws OrgRefusal `review-unknown` */
  review(id: string): Promise<ReviewRecord>;
  /**
   * @throws OrgRefusal `review-unknown`, `review-step-impossible`, `review-person-same`, `reason-invalid`;
   * PeopleRefusal `role-insufficient`
   */
  step(by: By, id: string, step: ReviewStep, reason: string): Promise<Stepped>;
  /** Proposes what no detector has found. @throws OrgRefusal `review-empty`, `review-too-large`, `reviews-too-many`, `reason-invalid` */
  raise(by: By, asked: RaisedReview): Promise<{ id: string; votes: number }>;
};

export type Stepped = Pick<ReviewRecord, 'id' | 'state' | 'votes'> & {
  /** How many votes count for something else now. */
  changed: number;
};

export type RaisedReview = {
  windowKey: number;
  /** Press times, UTC milliseconds, both ends included. */
  from: number;
  to: number;
  decision: VoteDecision;
  reason: string;
  /** Whoever asks may not learn whether there is such a vote. */
  isBlind?: boolean;
};

export type ReviewsDeps = {
  store: ReviewsStore;
  now: () => number;
  most?: typeof MOST_RAISED;
  /** Runs a decision while no vote is under way. `settled`: what is counted in memory follows. */
  exclusively?<T>(act: (settled: (settled: Settled) => void) => Promise<T>): Promise<T>;
};

/** So many are decided about in one transaction, while no vote is stored. */
export const MOST_VOTES = 5_000;
/** So many that people have brought up wait at one window, and of one account. */
export const MOST_RAISED = { atWindow: 20, byPerson: 200 };
/** What is brought up is looked for within so long. */
const MOST_DAYS = 31;
const DAY_MS = 86_400_000;

export function createReviews({
  store,
  now,
  most = MOST_RAISED,
  exclusively = (act) => act(() => {}),
}: ReviewsDeps): Reviews {
  const knownIn = async (reads: Pick<ReviewsReads, 'review'>, id: string): Promise<ReviewRecord> => {
    const found = await reads.review(id);
    if (!found) throw unknown(id);
    return found;
  };
  return {
    list: store.list,
    events: store.events,
    votesOf: store.votesOf,
    waiting: store.waiting,
    review: (id) => knownIn(store, id),
    async step(by, id, step, reason) {
      const why = readReason(reason);
      return exclusively(async (settled) => {
        const done = await store.change(async (tx) => {
          const review = await knownIn(tx, id);
          await requireMay(tx, by.actor, step, review);
          const to = afterStep(review.state, step);
          if (to === null) throw impossible(review, step);
          const actor = writeActor(by.actor);
          if (step === 'confirm' && review.proposedBy === actor)
            throw new OrgRefusal(
              'review-person-same',
              `you have proposed ${id} yourself: somebody else has to confirm it`,
            );
          await tx.step(review.key, to, { step, at: now(), by: actor, reason: why });
          const follows = to === 'confirmed' || review.state === 'confirmed';
          const result = follows ? await tx.settle(review.key) : null;
          const changed = result?.corrected.length ?? 0;
          const detail = {
            ...{ reason: why, decision: review.decision, votes: review.votes, changed },
            ...(result && decidedDetail(result.concerned)),
          };
          return tx.audited(
            { by, action: `review.${step}`, target: { kind: 'review', id }, detail },
            { stepped: { id, state: to, votes: review.votes, changed }, result },
          );
        });
        if (done.result) settled(done.result);
        return done.stepped;
      });
    },
    async raise(by, { windowKey, from, to, decision, reason, isBlind = false }) {
      const why = readReason(reason);
      if (to - from > MOST_DAYS * DAY_MS) throw tooLarge();
      const id = newReviewId();
      return store.change(async (tx) => {
        await requireMay(tx, by.actor, 'propose', { id, windowKey });
        await requireFew(tx, most, by.actor, windowKey);
        const votes = await tx.votesWithin(windowKey, { from, to }, decision, MOST_VOTES + 1);
        if (votes.length === 0 && !isBlind) throw empty(decision);
        if (votes.length > MOST_VOTES) throw tooLarge();
        const at = now();
        const figures = { votes: votes.length };
        await tx.open(
          {
            ...{ id, windowKey, decision, detector: 'person', version: 0, about: id },
            ...{ from, to, foundAt: at, votes, figures, limit: 0 },
          },
          by.actor,
          why,
        );
        const review = await knownIn(tx, id);
        await tx.step(review.key, 'proposed', { step: 'propose', at, by: writeActor(by.actor), reason: why });
        const detail = { reason: why, decision, votes: votes.length, windowKey, from, to };
        return tx.audited(
          { by, action: 'review.raise', target: { kind: 'review', id }, detail },
          { id, votes: votes.length },
        );
      });
    },
  };
}

export const newReviewId = (): string => `r-${randomBytes(5).toString('hex')}`;

/** What somebody may is asked of what is stored now: an account may have been changed while its request was on the way. */
async function requireMay(
  tx: Pick<ReviewsTx, 'decider'>,
  actor: Actor,
  step: ReviewStep,
  { id, windowKey }: Pick<ReviewRecord, 'id' | 'windowKey'>,
): Promise<void> {
  // Whoever is at the machine itself.
  if (actor.kind === 'cli') return;
  const decider = actor.kind === 'account' ? await tx.decider(actor.name, windowKey) : undefined;
  if (!decider || decider.isDisabled || !mayReview(step, decider.role))
    throw new PeopleRefusal('role-insufficient', `${step} is not for you: ask an administrator or operator`);
  if (!decider.isAbove) throw unknown(id);
}

/** Each keeps thousands of votes, until two people have decided about it. */
async function requireFew(
  tx: Pick<ReviewsTx, 'raised'>,
  most: typeof MOST_RAISED,
  actor: Actor,
  windowKey: number,
): Promise<void> {
  const { atWindow, byPerson } = await tx.raised(windowKey, writeActor(actor));
  if (atWindow >= most.atWindow)
    throw tooMany(`${atWindow} reviews that people have brought up wait at this window`);
  if (actor.kind === 'account' && byPerson >= most.byPerson)
    throw tooMany(`${byPerson} reviews that you have brought up wait`);
}

const tooMany = (what: string) =>
  new OrgRefusal(
    'reviews-too-many',
    `${what} already: have some of them decided first (confirmed, or sent back and dismissed)`,
  );

const unknown = (id: string) =>
  new OrgRefusal('review-unknown', `there is no review ${id}: list them with GET /api/v1/reviews`);

function impossible({ id, state }: ReviewRecord, step: ReviewStep): OrgRefusal {
  return new OrgRefusal(
    'review-step-impossible',
    `${id} is ${state}: ${step} is not possible now, but ${possibleSteps(state).join(' or ')}`,
  );
}

const tooLarge = () =>
  new OrgRefusal(
    'review-too-large',
    `a review is about ${MOST_VOTES} votes and ${MOST_DAYS} days at the most: take a shorter span, or exclude it`,
  );

const empty = (decision: VoteDecision) =>
  new OrgRefusal(
    'review-empty',
    decision === 'reinstate'
      ? 'there is no vote in that span that rules discount: look at the votes first'
      : 'there is no vote in that span that counts: look at the votes first',
  );
