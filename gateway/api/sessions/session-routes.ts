/** Signing in and out, and the sessions that are open. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import {
  LinkSignIn,
  PasswordChange,
  Session,
  SessionItem,
  SignIn,
  type SignIn as SignInBody,
} from '../../../protocol/session.ts';
import type { People } from '../../people/people.ts';
import { PeopleRefusal } from '../../people/refusal.ts';
import type { AccountRecord, LinkRecord } from '../../store/people.ts';
import type { CallerOf } from '../border/caller.ts';
import type { Cookies } from '../border/cookies.ts';
import { Refusal } from '../border/errors.ts';
import { accountOf, byOf, principalOf } from '../border/guard.ts';

export type SessionDeps = { people: People; cookies: Cookies; callerOf: CallerOf };

const Id = Type.Object({ id: Type.String({ maxLength: 40, description: 'The id of the session' }) });
const Nothing = Type.Null();
const TAGS = ['session'];

function accountSession(account: AccountRecord, expiresAt: number): Session {
  const { name, displayName, role, unitId, mustChangePassword } = account;
  return { account: { name, displayName, role, unitId }, mustChangePassword, expiresAt };
}

function wallSession({ id, name, unitId, expiresAt }: LinkRecord): Session {
  const account = { name: id, displayName: name, role: 'wall' as const, unitId };
  return { account, mustChangePassword: false, expiresAt };
}

function seesAll(request: FastifyRequest): boolean {
  const { standing } = principalOf(request);
  return standing === 'administrator' || standing === 'auditor';
}

export const sessionRoutes: FastifyPluginCallbackTypebox<SessionDeps> = (
  app,
  { people, cookies, callerOf },
  done,
) => {
  const { signIn, sessions, links, accounts } = people;

  app.post(
    '/session',
    {
      schema: {
        summary: 'Sign in with a name and a password, or open a wall with the token of its link',
        tags: TAGS,
        body: Type.Union([SignIn, LinkSignIn]),
        response: { 200: Session },
      },
    },
    async (request, reply) => {
      const { body, headers, raw } = request;
      if ('linkToken' in body) {
        const link = await signIn.byLink(body.linkToken);
        reply.header('set-cookie', cookies.session(raw, body.linkToken, link.expiresAt));
        return wallSession(link);
      }
      const { name, password }: SignInBody = body;
      const caller = { address: callerOf(raw).address, userAgent: headers['user-agent'] ?? '' };
      const { account, token, expiresAt } = await signIn.byPassword(name, password, caller);
      reply.header('set-cookie', cookies.session(raw, token, expiresAt));
      return accountSession(account, expiresAt);
    },
  );

  app.get(
    '/session',
    { schema: { summary: 'Who is signed in', tags: TAGS, response: { 200: Session } } },
    async (request, reply) => {
      const credentials = cookies.read(request.raw);
      const token = credentials?.token ?? '';
      const found = await sessions.find(token);
      if (found) return accountSession(found.account, sessions.expiresAt(found.session));
      const link = await links.find(token);
      if (!link) throw new Refusal(401, 'sign-in-required', 'sign in first: POST /api/v1/session');
      if (credentials?.from === 'cookie')
        reply.header('set-cookie', cookies.session(request.raw, token, link.expiresAt));
      return wallSession(link);
    },
  );

  app.delete(
    '/session',
    { schema: { summary: 'Sign out', tags: TAGS, response: { 204: Nothing } } },
    async (request, reply) => {
      const principal = principalOf(request);
      if (principal.kind === 'account') await sessions.close(byOf(request), principal.sessionId);
      reply.header('set-cookie', cookies.cleared(request.raw)).status(204);
      return null;
    },
  );

  app.put(
    '/session/password',
    {
      schema: {
        summary: 'Choose a password; all other sessions of the account end',
        tags: TAGS,
        body: PasswordChange,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { name, sessionId } = accountOf(request);
      try {
        await accounts.choosePassword(byOf(request), name, request.body, sessionId);
      } catch (error) {
        // Not 401: the session is good, and a page must not take this for its end.
        if (error instanceof PeopleRefusal && error.code === 'credentials-wrong')
          throw new Refusal(403, error.code, error.message);
        throw error;
      }
      reply.status(204);
      return null;
    },
  );

  app.get(
    '/sessions',
    {
      schema: {
        summary: 'Open sessions: your own; administrators and auditors see all',
        tags: TAGS,
        response: { 200: Type.Array(SessionItem) },
      },
    },
    async (request) => {
      const { name, sessionId } = accountOf(request);
      return (await sessions.list(seesAll(request) ? null : name)).map(({ accountName, ...session }) => ({
        ...session,
        account: accountName,
        current: session.id === sessionId,
      }));
    },
  );

  app.delete(
    '/sessions/:id',
    {
      schema: {
        summary: 'End a session: one of your own; administrators any',
        tags: TAGS,
        params: Id,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const seen = seesAll(request) ? null : accountOf(request).name;
      const ended = principalOf(request).standing === 'administrator' ? null : accountOf(request).name;
      await sessions.revoke(byOf(request), request.params.id, { seen, ended });
      reply.status(204);
      return null;
    },
  );
  done();
};
