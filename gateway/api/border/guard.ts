/** What every request passes before its route: who asks, how often, may they, and does it come from a page of ours. */
import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type AccountPrincipal,
  actorOf,
  credentialKey,
  credentialOf,
  type Principal,
} from '../../domain/principal.ts';
import type { People } from '../../people/people.ts';
import { addressGroup } from '../../people/sign-in-throttle.ts';
import type { By } from '../../store/changes.ts';
import type { Caller, CallerOf } from './caller.ts';
import type { Connections } from './connections.ts';
import type { Cookies } from './cookies.ts';
import { Refusal } from './errors.ts';
import { foreignOrigin, isSameOrigin } from './origin.ts';
import { checkPolicy, policyKey } from './policy.ts';
import { createRateStore } from './rate-store.ts';
import { requireClear } from './requests.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null when nobody has said. */
    principal: Principal | null;
    /** From where. */
    caller: Caller;
  }
}

export type GuardDeps = {
  people: People;
  allowedOrigins: readonly string[];
  /** Requests a second that one session, link or address may make, as a mean over ten seconds. */
  requestsPerS: number;
  callerOf: CallerOf;
  cookies: Cookies;
  connections: Connections;
  monotonic: () => number;
};

const RATE_WINDOW_MS = 10_000;
/** Callers whose requests are counted; the one that asked longest ago is forgotten first. */
const RATE_CALLERS = 10_000;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export async function registerGuard(app: FastifyInstance, deps: GuardDeps): Promise<void> {
  const { people, allowedOrigins, requestsPerS, callerOf, cookies, connections, monotonic } = deps;
  app.decorateRequest('principal', null);
  app.decorateRequest('caller', null as unknown as Caller);
  // Only JSON changes anything: a form of a foreign page can send text, but not this type without being asked first.
  app.removeContentTypeParser('text/plain');

  app.addHook('onRequest', async (request) => {
    requireClear(request.raw);
    request.caller = callerOf(request.raw);
    const credentials = cookies.read(request.raw);
    request.principal = credentials && (await people.signIn.identify(credentials.token));
  });

  const silent = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };
  await app.register(fastifyRateLimit, {
    global: false,
    store: createRateStore(monotonic, RATE_CALLERS),
    addHeaders: { ...silent, 'retry-after': false },
    addHeadersOnExceeding: silent,
  });
  app.addHook(
    'onRequest',
    app.rateLimit({
      max: Math.ceil((requestsPerS * RATE_WINDOW_MS) / 1_000),
      timeWindow: RATE_WINDOW_MS,
      keyGenerator: ({ principal, caller }) =>
        principal ? credentialKey(credentialOf(principal)) : addressGroup(caller.address),
      errorResponseBuilder: (_request, { ttl }) =>
        new Refusal(429, 'rate-limited', 'too many requests: slow down', Math.ceil(ttl / 1_000)),
    }),
  );

  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return;
    const { method, headers, principal, caller } = request;
    if (
      !SAFE_METHODS.has(method) &&
      headers.authorization === undefined &&
      !isSameOrigin(headers, allowedOrigins, caller.secure, caller.host)
    )
      throw new Refusal(403, 'origin-foreign', foreignOrigin('change anything'));
    try {
      checkPolicy(policyKey(method, request.routeOptions.url ?? ''), principal);
    } catch (error) {
      if (!isForPerson(request) || !(error instanceof Refusal) || !CURED_BY_SIGN_IN.has(error.code))
        throw error;
      return reply.redirect(`/sign-in/?${new URLSearchParams({ next: request.originalUrl })}`);
    }
    if (principal) people.used(principal);
    return undefined;
  });

  // The body has come by now: sending it slowly is no way to hold a place.
  app.addHook('preHandler', async ({ principal, socket }, reply) => {
    if (!principal) return;
    connections.engaged(socket);
    reply.raw.once('close', () => connections.released(socket));
  });
}

const CURED_BY_SIGN_IN = new Set(['sign-in-required', 'password-change-required']);

/** The one page that is not for everybody: a browser that goes there is led to the sign-in, and from there back. */
function isForPerson({ method, url, headers }: FastifyRequest): boolean {
  const asksForPage = method === 'GET' && (headers.accept ?? '').includes('text/html');
  return asksForPage && /^\/api\/docs\/?([?#]|$)/.test(url);
}

/** Of a route that the policy gives to nobody but those who are signed in. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new Refusal(401, 'sign-in-required', 'sign in first: POST /api/v1/session');
  return request.principal;
}

/** Who asks, for the audit. */
export function byOf(request: FastifyRequest): By {
  return { actor: actorOf(principalOf(request)), origin: request.caller.address };
}

/** The account that asks. @throws Refusal for a link, which has none. */
export function accountOf(request: FastifyRequest): AccountPrincipal {
  const principal = principalOf(request);
  if (principal.kind !== 'account')
    throw new Refusal(403, 'role-insufficient', 'this is for accounts, not for links');
  return principal;
}
