/** What was done by whom, and what terminals sent that was not accepted. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { AuditStore } from '../../store/audit.ts';
import type { VoteReads } from '../../store/votes.ts';

export type AuditDeps = { audit: AuditStore; votes: Pick<VoteReads, 'setAside'> };

const MAX_ROWS = 1_000;
const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: MAX_ROWS, default: 100, description: 'How many rows at the most' }),
);

const AuditItem = Type.Object({
  seq: Type.Integer(),
  at: Type.Integer(),
  actor: Type.String(),
  origin: Type.String(),
  action: Type.String(),
  target: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
  /** Of this row and, through the one before it, of all before it: SHA-256, hexadecimal. */
  hash: Type.String(),
});

const QuarantineItem = Type.Object({
  receivedAt: Type.Integer(),
  reason: Type.String(),
  terminal: Type.Union([Type.String(), Type.Null()]),
  topic: Type.String(),
  seq: Type.Union([Type.Integer(), Type.Null()]),
  payload: Type.String(),
});

export const auditRoutes: FastifyPluginCallbackTypebox<AuditDeps> = (app, { audit, votes }, done) => {
  app.get(
    '/audit',
    {
      schema: {
        summary: 'Who did what, newest first; `before` is the `seq` to go on from',
        tags: ['audit'],
        querystring: Type.Object(
          {
            before: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: Number.MAX_SAFE_INTEGER,
                description: 'The `seq` of the row to go on from',
              }),
            ),
            limit: Limit,
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Array(AuditItem) },
      },
    },
    ({ query: { before, limit = 100 } }) =>
      audit.entries(before === undefined ? { limit } : { before, limit }),
  );
  app.get(
    '/quarantine',
    {
      schema: {
        summary: 'Messages and votes that were set aside, newest first, with the reason',
        tags: ['audit'],
        querystring: Type.Object({ limit: Limit }, { additionalProperties: false }),
        response: { 200: Type.Array(QuarantineItem) },
      },
    },
    async ({ query: { limit = 100 } }) =>
      (await votes.setAside(limit)).map(({ receivedAt, reason, terminalId, topic, seq, payload }) => ({
        ...{ receivedAt, reason, terminal: terminalId, topic, seq, payload },
      })),
  );
  done();
};
