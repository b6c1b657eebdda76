/** What detectors have flagged: read with its figures in words, and decided by two people. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { CHANNELS } from '../../../protocol/channel.ts';
import { VERDICTS } from '../../../protocol/verdict.ts';
import { RATINGS } from '../../../protocol/vote.ts';
import { writeActor } from '../../domain/actor.ts';
import type { Calendar } from '../../domain/calendar.ts';
import { explainFlag } from '../../domain/detectors/explain-flag.ts';
import { type OrgTree, windowKeysBelow } from '../../domain/org.ts';
import { possibleSteps, REVIEW_STEPS } from '../../domain/review-steps.ts';
import type { PrivacyBook } from '../../privacy/privacy-book.ts';
import type { Reviews } from '../../review/reviews.ts';
import type { ReviewedVote, ReviewRecord } from '../../store/reviews.ts';
import { Refusal } from '../border/errors.ts';
import { byOf, principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';
import * as shape from './reviews-shapes.ts';

export type ReviewsDeps = {
  visibleTree: VisibleTree;
  reviews: Reviews;
  calendar: Calendar;
  privacy: Pick<PrivacyBook, 'settingsOf'>;
};

const TAGS = ['reviews'];

export const reviewsRoutes: FastifyPluginCallbackTypebox<ReviewsDeps> = (
  app,
  { visibleTree, reviews, calendar, privacy },
  done,
) => {
  /** Whoever may stand at the window is told that there is one, of which days and how it stands: not what the votes were, nor how many. */
  const isWithheld = (request: FastifyRequest, windowKey: number) =>
    principalOf(request).unitId !== null && privacy.settingsOf(windowKey).isOn;
  const itemOf = (request: FastifyRequest, tree: OrgTree, review: ReviewRecord) => {
    const { windowKey, key: _, figures: __, limit: ___, version, ...rest } = review;
    const serviceWindow = tree.windowByKey.get(windowKey);
    return {
      ...{ ...rest, detectorVersion: version },
      ...(isWithheld(request, windowKey) && withheldOf(review)),
      window: serviceWindow?.id ?? '',
      windowName: serviceWindow?.name ?? '',
      unit: serviceWindow?.unitId ?? '',
    };
  };
  const withheldOf = ({ from, to }: ReviewRecord) => ({
    ...{ detector: null, detectorVersion: null, votes: null },
    from: calendar.startOf(calendar.dayOf(from)),
    to: calendar.startOf(calendar.dayOf(to) + 1) - 1,
  });
  /** @throws Refusal `review-unknown`, also for one of another's subtree */
  const seen = async (request: FastifyRequest, id: string) => {
    const review = await reviews.review(id);
    if (!visibleTree(request).windowByKey.has(review.windowKey))
      throw new Refusal(404, 'review-unknown', `there is no review ${id}: see /api/v1/reviews`);
    return review;
  };

  app.get(
    '/reviews',
    {
      schema: {
        summary: 'What detectors have flagged or people have brought up, newest first',
        tags: TAGS,
        querystring: shape.ReviewsQuery,
        response: { 200: shape.ReviewPage },
      },
    },
    async (request) => {
      const { unit, state, detector, before, limit = 50 } = request.query;
      const tree = visibleTree(request);
      if (unit !== undefined && !tree.unitById.has(unit))
        throw new Refusal(404, 'unit-unknown', `there is no unit ${unit}: see /api/v1/units`);
      if (detector !== undefined && tree.windows.some(({ key }) => isWithheld(request, key)))
        throw new Refusal(
          403,
          'votes-withheld',
          'what was found tells of single people: ask without `detector`, or the control centre (docs/privacy.md)',
        );
      const isAll = unit === undefined && principalOf(request).unitId === null;
      const windowKeys =
        unit === undefined ? tree.windows.map(({ key }) => key) : windowKeysBelow(tree, unit);
      const which = isAll ? {} : { windowKeys };
      const filter = {
        ...which,
        ...(state !== undefined && { states: [state] }),
        ...(detector !== undefined && { detectors: [detector] }),
        ...(before !== undefined && { before: (await seen(request, before)).key }),
      };
      const found = await reviews.list(filter, limit + 1);
      const page = found.slice(0, limit);
      return {
        reviews: page.map((review) => itemOf(request, tree, review)),
        waiting: await reviews.waiting(which.windowKeys),
        next: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  );
  app.get(
    '/reviews/:id',
    {
      schema: {
        summary: 'One review: figures and limit in words, its votes, what was decided by whom and why',
        tags: TAGS,
        params: Type.Object({ id: shape.Id }),
        response: { 200: shape.OneReview },
      },
    },
    async (request) => {
      const review = await seen(request, request.params.id);
      const { key, windowKey, figures, limit, detector, state } = review;
      const item = { ...itemOf(request, visibleTree(request), review), possible: possibleSteps(state) };
      const events = await reviews.events(key);
      if (isWithheld(request, windowKey)) {
        const own = writeActor(byOf(request).actor);
        return {
          ...{ ...item, figures: null, limit: null, explanation: null, voteList: null },
          // Why somebody else has decided so may say what the votes were.
          events: events.map((event) => ({ ...event, reason: event.by === own ? event.reason : null })),
        };
      }
      return {
        ...{ ...item, figures: { ...figures }, limit, events },
        explanation: explainFlag(detector, { figures, limit }),
        voteList: (await reviews.votesOf(key)).map(voteOf),
      };
    },
  );
  app.post(
    '/reviews',
    {
      schema: {
        summary:
          'Propose to dismiss votes that no detector has flagged, or to count votes that rules discount',
        tags: TAGS,
        body: shape.NewReview,
        response: { 201: shape.BroughtUp },
      },
    },
    async (request, reply) => {
      const { window: id, from, to, ...asked } = request.body;
      const serviceWindow = visibleTree(request).windowById.get(id);
      if (!serviceWindow)
        throw new Refusal(404, 'window-unknown', `there is no window ${id}: see /api/v1/windows`);
      if (from > to) throw new Refusal(400, 'parameters-invalid', '`from` must not be after `to`');
      reply.status(201);
      const { key: windowKey } = serviceWindow;
      const isBlind = isWithheld(request, windowKey);
      const raised = await reviews.raise(byOf(request), { ...asked, windowKey, from, to, isBlind });
      return isBlind ? { ...raised, votes: null } : raised;
    },
  );
  for (const step of REVIEW_STEPS)
    app.post(
      `/reviews/:id/${step}`,
      {
        schema: {
          summary: SUMMARIES[step],
          tags: TAGS,
          params: Type.Object({ id: shape.Id }),
          body: shape.Why,
          response: { 201: shape.Stepped },
        },
      },
      async (request, reply) => {
        const { id, windowKey } = await seen(request, request.params.id);
        reply.status(201);
        const stepped = await reviews.step(byOf(request), id, step, request.body.reason);
        return isWithheld(request, windowKey) ? { ...stepped, votes: null, changed: null } : stepped;
      },
    );
  done();
};

const SUMMARIES: Readonly<Record<(typeof REVIEW_STEPS)[number], string>> = {
  propose: 'Propose that its votes count for something else: somebody else has to confirm it',
  confirm: 'Confirm what another person has proposed: its votes follow',
  'send-back': 'Do not confirm it: it is open again',
  dismiss: 'There was nothing: its votes stay as they are',
  reopen: 'Take back what was decided: its votes are again what rules say of them',
};

const voteOf = ({
  journalKey: _,
  terminalId,
  channel,
  rating,
  verdict,
  byRules,
  excluded,
  ...vote
}: ReviewedVote) => ({
  ...vote,
  terminal: terminalId,
  channel: CHANNELS[channel] as (typeof CHANNELS)[number],
  rating: RATINGS[rating] as (typeof RATINGS)[number],
  verdict: VERDICTS[verdict] as (typeof VERDICTS)[number],
  byRules: VERDICTS[byRules] as (typeof VERDICTS)[number],
  excluded: excluded === 1,
});
