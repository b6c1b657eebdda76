/** Figures as they were published, and how far they are from those of today. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { FigureRules, NullableNumber, oneOf, SpanFigures } from '../../../protocol/score.ts';
import { Counts } from '../../../protocol/vote.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { credentialKey, credentialOf } from '../../domain/principal.ts';
import { CAUSES } from '../../domain/publications.ts';
import type { PrivacyBook } from '../../privacy/privacy-book.ts';
import type { Publications, Viewer } from '../../publications/publications.ts';
import { Refusal } from '../border/errors.ts';
import { byOf, principalOf } from '../border/guard.ts';
import { createReadingSlots } from '../history/reading-slots.ts';

export type PublicationDeps = { publications: Publications; privacy: Pick<PrivacyBook, 'holdsBack'> };

const TAGS = ['publications'];
const strict = { additionalProperties: false } as const;
const Reason = Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS, description: 'Why; for the audit' });
const Id = Type.String({ pattern: '^p-[0-9a-f]{1,40}$', description: 'The publication' });
const Version = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'The version' });
const PeriodName = Type.String({ minLength: 1, maxLength: 32 });

const Withdrawn = Type.Object({
  ...{
    id: Type.String(),
    version: Type.Integer(),
    at: Type.Integer(),
    by: Type.String(),
    reason: Type.String(),
  },
});
const head = {
  ...{ id: Type.String(), version: Type.Integer(), title: Type.String() },
  node: Type.Object({
    ...{ kind: oneOf(['unit', 'window'] as const), id: Type.String(), name: Type.String() },
    path: Type.Array(Type.String()),
  }),
  period: Type.Object({
    ...{ name: Type.String(), from: Type.Integer(), to: Type.Integer(), timeZone: Type.String() },
  }),
  ...{ madeAt: Type.Integer(), madeBy: Type.String(), reason: Type.String() },
  corrects: NullableNumber,
  sha256: Type.Union([Type.String(), Type.Null()], {
    description: 'Of the stored text; the audit has it too. Null for whoever is told in steps',
  }),
  withdrawal: Type.Union([Withdrawn, Type.Null()]),
};
const Head = Type.Object(head);
const Compared = Type.Object({ rate: NullableNumber, votes: Type.Integer(), pressed: Type.Integer() });
const difference = { published: Compared, today: Compared };
const Shown = Type.Object({
  ...head,
  isIntact: Type.Boolean(),
  versions: Type.Array(Type.Integer()),
  body: Type.Object({
    ...{ format: Type.String(), figures: FigureRules, revision: Type.String(), privacy: Type.String() },
    ruleVersions: Type.Array(Type.Unknown()),
    total: SpanFigures,
    windows: Type.Array(
      Type.Object({
        ...{ id: Type.String(), name: Type.String(), path: Type.Array(Type.String()) },
        stood: Type.Union(
          [Type.Array(Type.Object({ from: Type.Integer(), to: Type.Integer() })), Type.Null()],
          {
            description: 'When it stood there, and of when its figures are; null: all through the period',
          },
        ),
        ...SpanFigures.properties,
      }),
    ),
    shown: Type.Union([Type.Array(Counts), Type.Null()], {
      description: 'What was told of each window at the counter by then; null where that moves in other days',
    }),
  }),
  today: Type.Union([
    Type.Null(),
    Type.Object({
      ...{ differs: Type.Boolean(), causes: Type.Array(oneOf(CAUSES)) },
      total: Type.Union([Type.Object(difference), Type.Null()]),
      windowsDiffering: Type.Integer(),
      windows: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), ...difference })),
      rules: Type.Array(
        Type.Object({
          ...{ node: Type.String(), version: Type.Integer(), madeAt: Type.Integer(), madeBy: Type.String() },
          reason: Type.String(),
        }),
      ),
    }),
  ]),
});
const New = Type.Object(
  {
    unit: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })),
    window: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })),
    ...{ period: Type.Optional(PeriodName), from: Type.Optional(PeriodName), to: Type.Optional(PeriodName) },
    title: Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS }),
    reason: Reason,
  },
  strict,
);

export const publicationRoutes: FastifyPluginCallbackTypebox<PublicationDeps> = (
  app,
  { publications, privacy },
  done,
) => {
  const slots = createReadingSlots();
  type Request = Parameters<typeof principalOf>[0];
  const inTurn = <T>(request: Request, act: () => Promise<T>) =>
    slots.run(credentialKey(credentialOf(principalOf(request))), act);
  const viewerOf = (request: Request): Viewer | undefined => {
    const { unitId } = principalOf(request);
    return unitId === null ? undefined : { unitId, isHeldBack: privacy.holdsBack(unitId) };
  };

  app.get(
    '/publications',
    {
      schema: {
        summary: 'What was published, newest first',
        description: 'For whoever is bound to a unit: of that unit and what is below it',
        tags: TAGS,
        response: { 200: Type.Array(Head) },
      },
    },
    (request) => publications.list(viewerOf(request)),
  );
  app.get(
    '/publications/:id',
    {
      // Megabytes of our own figures.
      serializerCompiler: () => JSON.stringify,
      schema: {
        summary: 'What was published, and how far it is from the figures of today, and why',
        description:
          'For whoever is bound to a unit, where votes are shown in steps: what of it had been shown at the counter by then, and nothing of today',
        tags: TAGS,
        params: Type.Object({ id: Id }),
        querystring: Type.Object({ version: Type.Optional(Version) }, strict),
        response: { 200: Shown },
      },
    },
    (request) =>
      inTurn(request, () => publications.show(request.params.id, request.query.version, viewerOf(request))),
  );
  app.post(
    '/publications',
    {
      schema: {
        summary: 'Publish the figures of a unit or window over a period that has ended',
        tags: TAGS,
        body: New,
        response: { 201: Head },
      },
    },
    async (request, reply) => {
      const { period, from, to, unit, window, title, reason } = request.body;
      if ((unit === undefined) === (window === undefined))
        throw new Refusal(400, 'parameters-invalid', 'give unit or window, and one of them: see /api/docs');
      const isNamed = period !== undefined && from === undefined && to === undefined;
      if (!isNamed && (period !== undefined || from === undefined || to === undefined))
        throw new Refusal(400, 'parameters-invalid', 'give period, or from and to: see /api/docs');
      const asked = isNamed ? { period } : { from: from as string, to: to as string };
      const by = byOf(request);
      reply.status(201);
      return inTurn(request, () => publications.publish(by, { unit, window, period: asked, title, reason }));
    },
  );
  app.post(
    '/publications/:id/corrections',
    {
      schema: {
        summary: 'Publish the same place and period as they are now, as the next version',
        tags: TAGS,
        params: Type.Object({ id: Id }),
        body: Type.Object({ reason: Reason }, strict),
        response: { 201: Head },
      },
    },
    async (request, reply) => {
      const by = byOf(request);
      reply.status(201);
      return inTurn(request, () => publications.correct(by, request.params.id, request.body.reason));
    },
  );
  app.post(
    '/publications/:id/withdrawals',
    {
      schema: {
        summary: 'Withdraw a version; it stays to be seen, with the reason',
        tags: TAGS,
        params: Type.Object({ id: Id }),
        body: Type.Object({ version: Version, reason: Reason }, strict),
        response: { 201: Withdrawn },
      },
    },
    async (request, reply) => {
      const { version, reason } = request.body;
      reply.status(201);
      return publications.withdraw(byOf(request), request.params.id, version, reason);
    },
  );
  done();
};
