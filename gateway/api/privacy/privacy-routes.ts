/** What is shown to those who may stand beside a window: settings, inherited down the tree. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { SomePrivacy } from '../../../protocol/privacy.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import type { PrivacyChanges } from '../../privacy/privacy-changes.ts';
import { byOf } from '../border/guard.ts';

export type PrivacyDeps = { privacy: PrivacyChanges };

const TAGS = ['privacy'];
const PrivacyItem = Type.Object({
  node: Type.String({ description: '`all`, `unit:ID` or `window:ID`' }),
  settings: SomePrivacy,
  reason: Type.String(),
  madeAt: EpochMs,
  madeBy: Type.String(),
});
const NewPrivacy = Type.Object(
  {
    unit: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })),
    window: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })),
    settings: SomePrivacy,
    reason: Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS }),
  },
  { additionalProperties: false },
);

export const privacyRoutes: FastifyPluginCallbackTypebox<PrivacyDeps> = (app, { privacy }, done) => {
  app.get(
    '/privacy',
    {
      schema: {
        summary: 'Where it is set how what unit managers and screens of a unit see is held back',
        tags: TAGS,
        response: { 200: Type.Array(PrivacyItem) },
      },
    },
    async () => (await privacy.nodes()).map(({ nodeId, ...node }) => ({ node: nodeId, ...node })),
  );
  app.post(
    '/privacy',
    {
      schema: {
        summary: 'Set it for all, or for a unit or window and what is below it',
        tags: TAGS,
        body: NewPrivacy,
        response: { 201: Type.Object({ node: Type.String() }) },
      },
    },
    async (request, reply) => {
      reply.status(201);
      return privacy.set(byOf(request), request.body);
    },
  );
  done();
};
