/** The description of the API: each route's own schema, and beside it what the policy and the table of operations know. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { cookieName } from '../border/cookies.ts';
import { isBeforePasswordChange, POLICY, policyKey } from '../border/policy.ts';
import { OPERATIONS } from './operations.ts';
import { MEANINGS, type Refused, type RefusedStatus, refused } from './refused.ts';

const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['health', 'For whoever watches the process'],
  ['session', 'Signing in and out, and the sessions that are open'],
  ['accounts', 'Who may sign in'],
  ['links', 'Tokens for screens and programs'],
  ['organisation', 'Units and their windows'],
  ['terminals', 'Terminals, their codes and certificates'],
  ['scores', 'What the votes come to'],
  ['votes', 'The votes themselves'],
  ['privacy', 'What is held back from those who may stand beside a window'],
  ['live', 'What the wall shows, as it happens'],
  ['review', 'What is held, what counts, and what is still expected, decided by people'],
  ['alerts', 'What somebody should look at, and by which rules'],
  ['audit', 'What was done, and what was not accepted'],
];

/** A browser has the cookie, under TLS by the second name; a program sends the token of a link, or of a session, as Bearer. */
const schemesBelow = (basePath: string) =>
  ({
    sessionCookie: { type: 'apiKey', in: 'cookie', name: cookieName(false, basePath) },
    sessionCookieTls: { type: 'apiKey', in: 'cookie', name: cookieName(true, basePath) },
    bearerToken: { type: 'http', scheme: 'bearer', description: 'The token of a link, or of a session' },
  }) as const;
const SIGNED_IN = Object.keys(schemesBelow('')).map((name) => ({ [name]: [] }));

const ALWAYS: readonly Refused[] = [
  refused(400, 'request-invalid'),
  refused(408, 'request-invalid'),
  refused(429, 'rate-limited'),
  refused(431, 'request-invalid'),
  refused(500, 'internal'),
];
/** While the database cannot be read or written. */
const STORAGE: readonly Refused[] = [
  refused(503, 'storage-failed'),
  refused(503, 'storage-full'),
  refused(503, 'storage-io'),
  refused(503, 'storage-busy'),
  refused(503, 'storage-read-only'),
  refused(503, 'storage-damaged'),
];
type Described = FastifySchema & {
  security?: unknown;
  operationId?: string;
  description?: string;
  tags?: readonly string[];
  response?: Record<string, unknown>;
  hide?: boolean;
};

function refusalsOf(key: string, schema: Described): readonly Refused[] {
  const changes = !key.startsWith('GET ');
  const isPublic = POLICY[key] === 'public';
  const has: Refused[] = [...ALWAYS, ...(OPERATIONS[key]?.refused ?? [])];
  if (schema.params || schema.querystring || schema.body) has.push(refused(400, 'parameters-invalid'));
  if (schema.params) has.push(refused(414, 'request-invalid'));
  if (changes) has.push(refused(413, 'request-invalid'), refused(415, 'request-invalid'));
  if (!isPublic) has.push(refused(401, 'sign-in-required'), refused(403, 'role-insufficient'), ...STORAGE);
  else if (changes) has.push(...STORAGE);
  if (!isPublic && !isBeforePasswordChange(key)) has.push(refused(403, 'password-change-required'));
  if (changes) has.push(refused(403, 'origin-foreign'), refused(503, 'audit-key-missing'));
  return has;
}

/** One response a status, with the codes that it may carry. */
function refusedResponses(refusals: readonly Refused[]): Record<string, unknown> {
  const codesOf = new Map<RefusedStatus, Set<string>>();
  for (const { status, code } of refusals) codesOf.set(status, (codesOf.get(status) ?? new Set()).add(code));
  return Object.fromEntries(
    [...codesOf].map(([status, codes]) => [
      status,
      {
        description: MEANINGS[status],
        ...((status === 429 || codes.has('sign-in-busy')) && { headers: RETRY_AFTER }),
        content: { 'application/json': { schema: errorOf([...codes].sort()) } },
      },
    ]),
  );
}

const RETRY_AFTER = {
  'retry-after': { description: 'Seconds to wait, where that is known', type: 'integer' },
};

/** ApiError (protocol/error.ts) with its codes spelt out. */
function errorOf(codes: readonly string[]) {
  const error = {
    type: 'object',
    required: ['code', 'message'],
    properties: {
      code: { type: 'string', enum: codes, description: 'Stable, for programs' },
      message: { type: 'string', description: 'What to do, for people' },
    },
  };
  return { type: 'object', required: ['error'], properties: { error } };
}

export function describeApi(version: string, basePath: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Manyi gateway',
        description:
          'Times are integer milliseconds since 1970-01-01T00:00:00Z. Every refusal has the body `{"error": {"code", "message"}}`.',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: basePath || '/', description: 'This gateway' }],
      tags: TAGS.map(([name, description]) => ({ name, description })),
      components: { securitySchemes: schemesBelow(basePath) },
    },
    transform({ schema, url, route }) {
      const given = schema as Described | undefined;
      if (!given || given.hide) return { schema: { ...given, hide: true }, url };
      const key = policyKey(String([route.method].flat()[0]), url);
      const who = POLICY[key];
      const described = {
        ...given,
        operationId: OPERATIONS[key]?.id,
        description: [
          given.description ?? [],
          who === 'public' ? 'For anybody.' : `For: ${(who ?? []).join(', ')}.`,
        ]
          .flat()
          .join(' '),
        security: who === 'public' ? [] : SIGNED_IN,
        response: { ...refusedResponses(refusalsOf(key, given)), ...given.response },
      };
      return { schema: described as FastifySchema, url };
    },
  };
}
