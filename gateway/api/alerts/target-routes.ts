/** Who is told of alerts, and what has become of it. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { ALERT_KINDS } from '../../../protocol/alert.ts';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableNumber, NullableString, oneOf } from '../../../protocol/score.ts';
import type { TargetDesk } from '../../alerts/delivery/target-desk.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { type AlertTarget, DELIVERY_STATES, TARGET_CHANNELS } from '../../store/alert-targets.ts';
import { byOf } from '../border/guard.ts';

export type TargetRouteDeps = { targets: TargetDesk };

const TAGS = ['alerts'];
const strict = { additionalProperties: false };
const Id = Type.Object({ id: Type.String({ pattern: '^at-[a-z0-9]{1,40}$', description: 'The target' }) });
const Kinds = Type.Union([Type.Array(oneOf(ALERT_KINDS), { maxItems: 20 }), Type.Null()]);
const Target = Type.Object({
  id: Type.String(),
  channel: oneOf(TARGET_CHANNELS),
  name: Type.String(),
  address: Type.String(),
  /** Null: of all. */
  unitId: NullableString,
  /** Null: all but single votes. */
  kinds: Kinds,
  language: oneOf(['zh', 'en'] as const),
  madeAt: EpochMs,
  madeBy: Type.String(),
  /** In a row. */
  failures: Type.Integer(),
});
const NewTarget = Type.Object(
  {
    channel: oneOf(TARGET_CHANNELS),
    name: Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS }),
    address: Type.String({ minLength: 1, maxLength: 1_000 }),
    unitId: Type.Optional(Type.Union([Type.String({ pattern: ORG_ID_PATTERN }), Type.Null()])),
    kinds: Type.Optional(Kinds),
    language: Type.Optional(oneOf(['zh', 'en'] as const)),
  },
  strict,
);
const Delivery = Type.Object({
  id: Type.String(),
  event: Type.String(),
  state: oneOf(DELIVERY_STATES),
  attempts: Type.Integer(),
  /** Of the last failure, and what was said about it. */
  code: NullableString,
  note: NullableString,
  madeAt: EpochMs,
  dueAt: EpochMs,
  doneAt: NullableNumber,
});

const itemOf = ({ key: _, unitKey: __, retryAt: ___, ...target }: AlertTarget) => target;

export const targetRoutes: FastifyPluginCallbackTypebox<TargetRouteDeps> = (app, { targets }, done) => {
  app.get(
    '/alert-targets',
    { schema: { summary: 'Who is told of alerts', tags: TAGS, response: { 200: Type.Array(Target) } } },
    async () => (await targets.targets()).map(itemOf),
  );
  app.post(
    '/alert-targets',
    {
      schema: {
        summary: 'Tell somebody else, too; the secret of a webhook is told only now',
        tags: TAGS,
        body: NewTarget,
        response: { 201: Type.Object({ target: Target, secret: NullableString }) },
      },
    },
    async (request, reply) => {
      const { unitId = null, kinds = null, language = 'zh', ...asked } = request.body;
      const { target, secret } = await targets.add(byOf(request), { ...asked, unitId, kinds, language });
      reply.status(201);
      return { target: itemOf(target), secret };
    },
  );
  app.delete(
    '/alert-targets/:id',
    {
      schema: {
        summary: 'Tell them no more; what waits for them is dropped',
        tags: TAGS,
        params: Id,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await targets.remove(byOf(request), request.params.id);
      reply.status(204);
      return null;
    },
  );
  app.post(
    '/alert-targets/:id/secret',
    {
      schema: {
        summary: 'Another secret for a webhook, from now on',
        tags: TAGS,
        params: Id,
        response: { 201: Type.Object({ secret: Type.String() }) },
      },
    },
    async (request, reply) => {
      const renewed = await targets.renewSecret(byOf(request), request.params.id);
      reply.status(201);
      return renewed;
    },
  );
  app.post(
    '/alert-targets/:id/test',
    {
      schema: {
        summary: 'Send something that is no alert',
        tags: TAGS,
        params: Id,
        response: { 201: Type.Object({ delivery: Type.String() }) },
      },
    },
    async (request, reply) => {
      const tested = await targets.test(byOf(request), request.params.id);
      reply.status(201);
      return tested;
    },
  );
  app.get(
    '/alert-targets/:id/deliveries',
    {
      schema: {
        summary: 'What was sent there, what waits, and what could not be told; newest first',
        tags: TAGS,
        params: Id,
        response: { 200: Type.Array(Delivery) },
      },
    },
    async (request) =>
      (await targets.deliveries(100, request.params.id)).map(
        ({ id, event, state, attempts, code, note, madeAt, dueAt, doneAt }) => ({
          ...{ id, event, state, attempts, code, note, madeAt, dueAt, doneAt },
        }),
      ),
  );
  done();
};
