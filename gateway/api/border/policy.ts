/**
 * Which role may do what: one line a route, and no route without a line. `metrics`, `wall` and `source` are links, not people. A
 * unit manager and a link that is bound to a unit see that unit's subtree alone, in every one of these.
 */
import type { FastifyInstance } from 'fastify';
import { ROLES } from '../../../protocol/session.ts';
import type { Principal } from '../../domain/principal.ts';
import { mayDo, type Standing, type Who } from '../../domain/roles.ts';
import { Refusal } from './errors.ts';

const STAFF: readonly Standing[] = ROLES;
/** Whoever may look at scores. */
const VIEWERS: readonly Standing[] = [...STAFF, 'wall'];

/** Single votes in them are for whoever sees them elsewhere; see the route. */
const REVIEWS_READ: readonly Standing[] = ['administrator', 'operator', 'unit-manager', 'auditor'];

/** Whoever is bound to a unit: of that unit, and in steps; see the route. A screen only where it is bound: see below. */
const PUBLISHED_READ: readonly Standing[] = ['administrator', 'operator', 'unit-manager', 'auditor', 'wall'];

export const POLICY: Readonly<Record<string, Who>> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /metrics': ['administrator', 'operator', 'technician', 'auditor', 'metrics'],

  'GET /': 'public',
  'GET /wall': 'public',
  'GET /wall/*': 'public',
  'GET /sign-in': 'public',
  'GET /sign-in/*': 'public',
  'GET /account': 'public',
  'GET /account/*': 'public',
  'GET /assets/*': 'public',

  'POST /api/v1/session': 'public',
  'GET /api/v1/session': VIEWERS,
  'DELETE /api/v1/session': VIEWERS,
  'PUT /api/v1/session/password': STAFF,
  'GET /api/v1/sessions': STAFF,
  'DELETE /api/v1/sessions/:id': STAFF,

  'GET /api/v1/accounts': ['administrator', 'auditor'],
  'POST /api/v1/accounts': ['administrator'],
  'PATCH /api/v1/accounts/:name': ['administrator'],
  'DELETE /api/v1/accounts/:name': ['administrator'],
  'POST /api/v1/accounts/:name/password': ['administrator'],

  'GET /api/v1/links': ['administrator', 'operator', 'unit-manager', 'auditor'],
  'POST /api/v1/links': ['administrator', 'operator', 'unit-manager'],
  'PATCH /api/v1/links/:id': ['administrator', 'operator', 'unit-manager'],
  'DELETE /api/v1/links/:id': ['administrator', 'operator', 'unit-manager'],

  'GET /api/v1/live': VIEWERS,
  'GET /api/v1/units': VIEWERS,
  'GET /api/v1/windows': VIEWERS,
  'PATCH /api/v1/units/:id': ['administrator'],
  'GET /api/v1/units/:id/time-zones': STAFF,
  'POST /api/v1/units/:id/time-zones': ['administrator'],
  'PATCH /api/v1/windows/:id': ['administrator'],
  'GET /api/v1/terminals': STAFF,
  'POST /api/v1/terminals': ['administrator', 'technician'],
  'POST /api/v1/terminals/:id/codes': ['administrator', 'technician'],
  'GET /api/v1/terminals/:id/certificates': ['administrator', 'operator', 'technician', 'auditor'],
  'POST /api/v1/terminals/:id/revocations': ['administrator', 'technician'],
  'GET /api/v1/terminals/:id/journals': ['administrator', 'operator', 'technician', 'auditor'],
  'GET /api/v1/terminals/:id/commands': ['administrator', 'operator', 'technician', 'auditor'],
  'POST /api/v1/terminals/:id/commands': ['administrator', 'technician'],
  'GET /api/v1/scores': VIEWERS,
  'GET /api/v1/history': ['administrator', 'operator', 'auditor'],
  'POST /api/v1/votes': ['source'],
  'GET /api/v1/votes': ['administrator', 'operator', 'unit-manager', 'auditor'],
  'GET /api/v1/votes/verdict': ['administrator', 'operator', 'auditor'],
  'GET /api/v1/votes/:terminal/:epoch/:seq/verdict': ['administrator', 'operator', 'auditor'],
  'GET /api/v1/quarantine': ['administrator', 'operator', 'technician', 'auditor'],
  'GET /api/v1/held': ['administrator', 'operator', 'technician', 'auditor'],
  'GET /api/v1/held/summary': ['administrator', 'operator', 'technician', 'auditor'],
  'POST /api/v1/held/decisions': ['administrator', 'operator'],
  'GET /api/v1/reviews': REVIEWS_READ,
  'GET /api/v1/reviews/:id': REVIEWS_READ,
  'POST /api/v1/reviews': ['administrator', 'operator', 'unit-manager'],
  'POST /api/v1/reviews/:id/propose': ['administrator', 'operator', 'unit-manager'],
  'POST /api/v1/reviews/:id/confirm': ['administrator', 'operator'],
  'POST /api/v1/reviews/:id/send-back': ['administrator', 'operator'],
  'POST /api/v1/reviews/:id/dismiss': ['administrator', 'operator'],
  'POST /api/v1/reviews/:id/reopen': ['administrator', 'operator'],
  'GET /api/v1/rules': ['administrator', 'operator', 'auditor'],
  'POST /api/v1/rules': ['administrator'],
  'GET /api/v1/alerts': STAFF,
  'GET /api/v1/alerts/:id': STAFF,
  'POST /api/v1/alerts/:id/acknowledge': ['administrator', 'operator', 'unit-manager', 'technician'],
  'POST /api/v1/alerts/:id/close': ['administrator', 'operator', 'unit-manager'],
  'POST /api/v1/alerts/:id/comments': ['administrator', 'operator', 'unit-manager', 'technician'],
  'GET /api/v1/alert-rules': ['administrator', 'operator', 'auditor'],
  'POST /api/v1/alert-rules': ['administrator'],
  'GET /api/v1/alert-rules/preview': ['administrator', 'operator', 'auditor'],
  'GET /api/v1/privacy': ['administrator', 'operator', 'auditor'],
  'POST /api/v1/privacy': ['administrator'],
  'POST /api/v1/rules/preview': ['administrator', 'operator', 'auditor'],
  'GET /api/v1/publications': PUBLISHED_READ,
  'GET /api/v1/publications/:id': PUBLISHED_READ,
  'POST /api/v1/publications': ['administrator'],
  'POST /api/v1/publications/:id/corrections': ['administrator'],
  'POST /api/v1/publications/:id/withdrawals': ['administrator'],
  'GET /api/v1/alert-targets': ['administrator', 'auditor'],
  'POST /api/v1/alert-targets': ['administrator'],
  'DELETE /api/v1/alert-targets/:id': ['administrator'],
  'POST /api/v1/alert-targets/:id/secret': ['administrator'],
  'POST /api/v1/alert-targets/:id/test': ['administrator'],
  'GET /api/v1/alert-targets/:id/deliveries': ['administrator', 'auditor'],
  'GET /api/v1/exclusions': ['administrator', 'operator', 'technician', 'auditor'],
  'POST /api/v1/exclusions': ['administrator', 'operator'],
  'POST /api/v1/exclusions/:id/end': ['administrator', 'operator'],
  'POST /api/v1/redatings': ['administrator', 'operator'],
  'GET /api/v1/terminals/:id/epochs': ['administrator', 'operator', 'technician', 'auditor'],
  'POST /api/v1/terminals/:id/epochs/:epoch/decisions': ['administrator', 'operator'],
  'GET /api/v1/audit': ['administrator', 'auditor'],

  'GET /api/docs': STAFF,
  'GET /api/docs/*': STAFF,
};

/** All that somebody may do who has not yet chosen a password of their own. */
const BEFORE_PASSWORD_CHANGE = new Set([
  'GET /api/v1/session',
  'DELETE /api/v1/session',
  'PUT /api/v1/session/password',
]);

export function isBeforePasswordChange(key: string): boolean {
  return BEFORE_PASSWORD_CHANGE.has(key);
}

/** The table's line for a route; pages and what belongs to them are one line each. */
export function policyKey(method: string, url: string): string {
  const verb = method === 'HEAD' ? 'GET' : method;
  return url.startsWith('/api/docs/') ? `${verb} /api/docs/*` : `${verb} ${url}`;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** `METHOD /url` of every route, as registered; HEAD goes with its GET. */
    routeKeys: Set<string>;
  }
}

/** Refuses to start with a route that nobody has decided about. @throws Error that names the route. */
export function requirePolicy(app: FastifyInstance): void {
  const routeKeys = new Set<string>();
  app.decorate('routeKeys', routeKeys);
  app.addHook('onRoute', ({ method, url }) => {
    for (const verb of [method].flat()) {
      if (!Object.hasOwn(POLICY, policyKey(verb, url)))
        throw new Error(
          `policy-missing: ${policyKey(verb, url)} has no line in gateway/api/border/policy.ts`,
        );
      if (verb !== 'HEAD') routeKeys.add(`${verb} ${url}`);
    }
  });
}

/** @throws Refusal `sign-in-required`, `role-insufficient`, `password-change-required`. */
export function checkPolicy(key: string, principal: Principal | null): void {
  const answer = mayDo(POLICY[key] ?? [], principal?.standing ?? null);
  if (answer === 'sign-in-required')
    throw new Refusal(401, answer, 'sign in first: POST /api/v1/session, or send a link token');
  const mustChange = principal?.kind === 'account' && principal.mustChangePassword;
  if (POLICY[key] !== 'public' && mustChange && !BEFORE_PASSWORD_CHANGE.has(key))
    throw new Refusal(
      403,
      'password-change-required',
      'choose a password first: PUT /api/v1/session/password',
    );
  // A screen of the whole city would read who published what, and why, of every unit.
  const isCityScreen = principal?.standing === 'wall' && principal.unitId === null;
  if (answer === 'role-insufficient' || (POLICY[key] === PUBLISHED_READ && isCityScreen))
    throw new Refusal(
      403,
      'role-insufficient',
      `this is not for the role ${principal?.standing}: ask an administrator`,
    );
}
