/** Accounts of the staff: an administrator's. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { ACCOUNT_NAME_PATTERN, AccountItem, Role } from '../../../protocol/session.ts';
import type { People } from '../../people/people.ts';
import type { AccountRecord } from '../../store/people.ts';
import { byOf } from '../border/guard.ts';

export type AccountDeps = { people: People };

const TAGS = ['accounts'];
const UnitId = Type.Union([Type.String({ pattern: ORG_ID_PATTERN }), Type.Null()]);
const DisplayName = Type.String({ minLength: 1, maxLength: 200 });
const Named = Type.Object({
  name: Type.String({ pattern: ACCOUNT_NAME_PATTERN, description: 'The name to sign in with' }),
});
const OneTime = Type.Object({ oneTimePassword: Type.String() });
const NewAccount = Type.Object(
  {
    name: Type.String({ pattern: ACCOUNT_NAME_PATTERN }),
    displayName: DisplayName,
    role: Role,
    unitId: Type.Optional(UnitId),
  },
  { additionalProperties: false },
);
const AccountEdit = Type.Object(
  {
    displayName: Type.Optional(DisplayName),
    role: Type.Optional(Role),
    unitId: Type.Optional(UnitId),
    disabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** Never the password's hash. */
function itemOf(account: AccountRecord): AccountItem {
  const { name, displayName, role, unitId, mustChangePassword, createdAt, disabledAt } = account;
  return { name, displayName, role, unitId, mustChangePassword, createdAt, disabledAt };
}

export const accountRoutes: FastifyPluginCallbackTypebox<AccountDeps> = (app, { people }, done) => {
  const { accounts } = people;
  app.get(
    '/accounts',
    { schema: { summary: 'Accounts', tags: TAGS, response: { 200: Type.Array(AccountItem) } } },
    async () => (await accounts.list()).map(itemOf),
  );
  app.post(
    '/accounts',
    {
      schema: {
        summary: 'Add an account; its one-time password is told only now',
        tags: TAGS,
        body: NewAccount,
        response: { 201: Type.Object({ account: AccountItem, ...OneTime.properties }) },
      },
    },
    async (request, reply) => {
      const { unitId = null, ...account } = request.body;
      const added = await accounts.add(byOf(request), { ...account, unitId });
      reply.status(201);
      return { account: itemOf(added.account), oneTimePassword: added.oneTimePassword };
    },
  );
  app.patch(
    '/accounts/:name',
    {
      schema: {
        summary: 'Change what an account may do, or enable it again; its sessions end',
        tags: TAGS,
        params: Named,
        body: AccountEdit,
        response: { 200: AccountItem },
      },
    },
    async (request) => itemOf(await accounts.change(byOf(request), request.params.name, request.body)),
  );
  app.delete(
    '/accounts/:name',
    {
      schema: {
        summary: 'Disable an account; what it did stays in the audit',
        tags: TAGS,
        params: Named,
        response: { 200: AccountItem },
      },
    },
    async (request) => itemOf(await accounts.change(byOf(request), request.params.name, { disabled: true })),
  );
  app.post(
    '/accounts/:name/password',
    {
      schema: {
        summary: 'Give an account a one-time password; its sessions end',
        tags: TAGS,
        params: Named,
        response: { 200: OneTime },
      },
    },
    async (request) => ({
      oneTimePassword: await accounts.resetPassword(byOf(request), request.params.name),
    }),
  );
  done();
};
