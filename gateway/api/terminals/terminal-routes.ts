/** Terminals: adding one, the code it gets its certificate with, its certificates and their end. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { ORG_ID_PATTERN, TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { DEFAULT_CODE_HOURS, MAX_CODE_HOURS, type Provisioning } from '../../fleet/provisioning.ts';
import { Refusal } from '../border/errors.ts';
import { byOf } from '../border/guard.ts';
import { requireTerminal, terminalsIn, type VisibleTree } from '../org/visible-tree.ts';

export type TerminalDeps = {
  visibleTree: VisibleTree;
  isOnline(terminalId: string): boolean;
  /** Milliseconds; null if never. */
  lastSeenAt(terminalId: string): number | null;
  provisioning: Provisioning;
};

const TAGS = ['terminals'];
const Nullable = Type.Union([Type.Integer(), Type.Null()]);
const TerminalItem = Type.Object({
  id: Type.String(),
  windowId: Type.String(),
  online: Type.Boolean(),
  lastSeenAt: Nullable,
});
const CertificateItem = Type.Object({
  serial: Type.String(),
  issuedAt: Type.Integer(),
  expiresAt: Type.Integer(),
  firstUsedAt: Nullable,
  revokedAt: Nullable,
  reason: Type.Union([Type.String(), Type.Null()]),
});
const Code = Type.Object({ terminalId: Type.String(), code: Type.String(), expiresAt: Type.Integer() });
const Params = Type.Object({
  id: Type.String({ pattern: TERMINAL_ID_PATTERN, description: 'The id of the terminal' }),
});
const Hours = Type.Optional(
  Type.Number({ exclusiveMinimum: 0, maximum: MAX_CODE_HOURS, default: DEFAULT_CODE_HOURS }),
);
const NewTerminal = Type.Object(
  {
    id: Type.String({ pattern: TERMINAL_ID_PATTERN }),
    windowId: Type.String({ pattern: ORG_ID_PATTERN }),
    hours: Hours,
  },
  { additionalProperties: false },
);
const NewCode = Type.Object({ hours: Hours }, { additionalProperties: false });
const Revocation = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: 400 }),
    /** Only this one; else all, and the open code. */
    serial: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f]{1,40}$' })),
  },
  { additionalProperties: false },
);

export const terminalRoutes: FastifyPluginCallbackTypebox<TerminalDeps> = (app, deps, done) => {
  const { visibleTree, isOnline, lastSeenAt, provisioning } = deps;
  const require = (request: FastifyRequest, id: string) => requireTerminal(visibleTree(request), id);

  app.get(
    '/terminals',
    { schema: { summary: 'Terminals', tags: TAGS, response: { 200: Type.Array(TerminalItem) } } },
    (request) =>
      terminalsIn(visibleTree(request)).map(({ id, windowId }) => ({
        id,
        windowId,
        online: isOnline(id),
        lastSeenAt: lastSeenAt(id),
      })),
  );
  app.post(
    '/terminals',
    {
      schema: {
        summary: 'Add a terminal; the code for its certificate is told only now',
        tags: TAGS,
        body: NewTerminal,
        response: { 201: Code },
      },
    },
    async (request, reply) => {
      const { id, windowId, hours = DEFAULT_CODE_HOURS } = request.body;
      if (id === 'gateway')
        throw new Refusal(409, 'id-taken', 'gateway is the gateway itself: choose another id');
      const added = await provisioning.add(byOf(request), { id, windowId }, hours);
      reply.status(201);
      return { terminalId: id, ...added };
    },
  );
  app.post(
    '/terminals/:id/codes',
    {
      schema: {
        summary: 'A new code, for a new card or after a revocation; it takes the place of an earlier one',
        tags: TAGS,
        params: Params,
        body: NewCode,
        response: { 201: Code },
      },
    },
    async (request, reply) => {
      const { hours = DEFAULT_CODE_HOURS } = request.body;
      const terminalId = require(request, request.params.id);
      const opened = await provisioning.openCode(byOf(request), terminalId, hours);
      reply.status(201);
      return { terminalId, ...opened };
    },
  );
  app.get(
    '/terminals/:id/certificates',
    {
      schema: {
        summary: 'Certificates of a terminal, the oldest first',
        tags: TAGS,
        params: Params,
        response: { 200: Type.Array(CertificateItem) },
      },
    },
    (request) => provisioning.certificates(require(request, request.params.id)),
  );
  app.post(
    '/terminals/:id/revocations',
    {
      schema: {
        summary: 'Withdraw certificates: whoever holds them is cut off within a second',
        tags: TAGS,
        params: Params,
        body: Revocation,
        response: { 201: Type.Object({ serials: Type.Array(Type.String()) }) },
      },
    },
    async (request, reply) => {
      const { reason, serial = null } = request.body;
      const id = require(request, request.params.id);
      const serials = await provisioning.revoke(byOf(request), id, serial, reason);
      reply.status(201);
      return { serials };
    },
  );
  done();
};
