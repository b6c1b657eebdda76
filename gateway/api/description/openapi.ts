/** The description of the API: each route's own schema, and beside it what the policy and the table of operations know. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { cookieName } from '../border/cookies.ts';
import { isBeforePasswordChange, POLICY, policyKey } from '../border/policy.ts';
import { OPERATIONS, type Refused } from './operations.ts';

const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['health', 'For whoever watches the process'],
  ['session', 'Signing in and out, and the sessions that are open'],
  ['accounts', 'Who may sign in'],
  ['links', 'Tokens for screens and programs'],
  ['organisation', 'Units and their windows'],
  ['terminals', 'Terminals, their codes and certificates'],
  ['scores', 'What the votes come to'],
  ['votes', 'The votes themselves'],
  ['live', 'What the wall shows, as it happens'],
  ['review', 'What is held, what counts, and what is still expected, decided by people'],
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
  '400 request-invalid',
  '408 request-invalid',
  '429 rate-limited',
  '431 request-invalid',
  '500 internal',
];
/** While the database cannot be read or written. */
const STORAGE: readonly Refused[] = [
  '503 storage-failed',
  '503 storage-full',
  '503 storage-io',
  '503 storage-busy',
  '503 storage-read-only',
  '503 storage-damaged',
];
const MEANINGS: Readonly<Record<string, string>> = {
  400: 'What was asked is not well formed',
  401: 'Nobody is signed in, or what was shown is not good (any more)',
  403: 'Whoever asks may not',
  404: 'There is no such thing, for whoever asks',
  408: 'The request came too slowly',
  409: 'It stands against what is there',
  413: 'The body is too large',
  414: 'A part of the address is too long',
  415: 'The body is not JSON',
  422: 'What was asked is well formed and cannot be done',
  426: 'This is a WebSocket',
  429: 'Too much in a row: try again later',
  431: 'Address and headers are too long',
  500: 'The gateway failed; it has been logged',
  503: 'Not at the moment: try again later',
};

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
  if (schema.params || schema.querystring || schema.body) has.push('400 parameters-invalid');
  if (schema.params) has.push('414 request-invalid');
  if (changes) has.push('413 request-invalid', '415 request-invalid');
  if (!isPublic) has.push('401 sign-in-required', '403 role-insufficient', ...STORAGE);
  else if (changes) has.push(...STORAGE);
  if (!isPublic && !isBeforePasswordChange(key)) has.push('403 password-change-required');
  if (changes) has.push('403 origin-foreign', '503 audit-key-missing');
  return has;
}

/** One response a status, with the codes that it may carry. */
function refusedResponses(refusals: readonly Refused[]): Record<string, unknown> {
  const codesOf = new Map<string, Set<string>>();
  for (const refusal of refusals) {
    const [status = '', code = ''] = refusal.split(' ');
    codesOf.set(status, (codesOf.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...codesOf].map(([status, codes]) => [
      status,
      {
        description: MEANINGS[status],
        ...((status === '429' || codes.has('sign-in-busy')) && { headers: RETRY_AFTER }),
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
