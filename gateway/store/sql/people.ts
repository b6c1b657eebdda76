/** Accounts, sessions and links, in SQL that both databases understand. */
import { sql } from 'kysely';
import { readActor, writeActor } from '../../domain/actor.ts';
import type { LinkKind } from '../../domain/roles.ts';
import { OrgRefusal } from '../failures.ts';
import type { AccountRecord, LinkRecord, PeopleReads, PeopleStore, PeopleTx } from '../people.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

export function createPeopleStore(database: SqlDatabase, audit: AuditDeps): PeopleStore {
  const { queries } = database;
  return {
    ...readsOn(queries),
    ...createChanges(database, audit, writesOn, 'asked'),
    noteUse: ({ sessions, links, over }) =>
      database.transaction(async (tx) => {
        for (const { id, at } of sessions)
          await tx
            .updateTable('sessions')
            .set({ last_used_at: at })
            .where('id', '=', id)
            .where('last_used_at', '<', at)
            .execute();
        for (const { id, at } of links)
          await tx
            .updateTable('links')
            .set({ last_used_at: at })
            .where('id', '=', id)
            .where(({ or, eb }) => or([eb('last_used_at', 'is', null), eb('last_used_at', '<', at)]))
            .execute();
        for (const { id, unlessUsedAfter } of over) {
          const one = tx.deleteFrom('sessions').where('id', '=', id);
          await (unlessUsedAfter === null ? one : one.where('last_used_at', '<=', unlessUsedAfter)).execute();
        }
      }),
    renewPasswordHash: (name, from, to) =>
      database.transaction(async (tx) => {
        await tx
          .updateTable('accounts')
          .set({ password_hash: to })
          .where('name', '=', name)
          .where('password_hash', '=', from)
          .execute();
      }),
  };
}

function writesOn(queries: Queries): PeopleTx {
  const reads = readsOn(queries);
  const unitKey = async (id: string | null): Promise<number | null> => {
    if (id === null) return null;
    const unit = await queries.selectFrom('units').select('key').where('id', '=', id).executeTakeFirst();
    if (!unit) throw new OrgRefusal('unit-unknown', `there is no unit ${id}: list them with \`unit list\``);
    return unit.key;
  };
  const accountColumns = async (account: Omit<AccountRecord, 'name' | 'createdAt'>) => ({
    display_name: account.displayName,
    role: account.role,
    unit_key: await unitKey(account.unitId),
    password_hash: account.passwordHash,
    must_change_password: Number(account.mustChangePassword),
    disabled_at: account.disabledAt,
  });
  const keyOfAccount = (name: string) =>
    queries.selectFrom('accounts').select('key').where('name', '=', name);
  return {
    ...reads,
    async addAccount(account) {
      const { name, createdAt } = account;
      if (await reads.account(name))
        throw new OrgRefusal('name-taken', `there is an account ${name} already: choose another name`);
      const values = { name, created_at: createdAt, ...(await accountColumns(account)) };
      await queries.insertInto('accounts').values(values).execute();
    },
    async changeAccount(name, change) {
      const old = await reads.account(name);
      if (!old) return;
      const columns = await accountColumns({ ...old, ...change });
      await queries.updateTable('accounts').set(columns).where('name', '=', name).execute();
    },
    async addSession({ id, accountName, createdAt, lastUsedAt, address, userAgent }, tokenHash) {
      const { key } = await keyOfAccount(accountName).executeTakeFirstOrThrow();
      await queries
        .insertInto('sessions')
        .values({
          id,
          token_hash: tokenHash,
          account_key: key,
          created_at: createdAt,
          last_used_at: lastUsedAt,
          address,
          user_agent: userAgent,
        })
        .execute();
    },
    async endSessions(ids) {
      if (ids.length > 0) await queries.deleteFrom('sessions').where('id', 'in', ids).execute();
    },
    async endAllSessions() {
      await queries.deleteFrom('sessions').execute();
    },
    async endSessionsOf(accountName, exceptId) {
      const all = queries.deleteFrom('sessions').where('account_key', '=', keyOfAccount(accountName));
      await (exceptId === null ? all : all.where('id', '!=', exceptId)).execute();
    },
    async addLink(
      { id, kind, name, unitId, createdAt, createdBy, lastUsedAt, expiresAt, revokedAt },
      tokenHash,
    ) {
      await queries
        .insertInto('links')
        .values({
          ...{ id, kind, name },
          unit_key: await unitKey(unitId),
          token_hash: tokenHash,
          created_at: createdAt,
          created_by: writeActor(createdBy),
          last_used_at: lastUsedAt,
          expires_at: expiresAt,
          revoked_at: revokedAt,
        })
        .execute();
    },
    async extendLink(id, expiresAt, by) {
      await queries
        .updateTable('links')
        .set({ expires_at: expiresAt, created_by: writeActor(by) })
        .where('id', '=', id)
        .execute();
    },
    async revokeLink(id, at) {
      await queries
        .updateTable('links')
        .set({ revoked_at: at })
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .execute();
    },
  };
}

function readsOn(queries: Queries): PeopleReads {
  const accounts = () =>
    queries
      .selectFrom('accounts as a')
      .leftJoin('units as u', 'u.key', 'a.unit_key')
      .select([
        'a.name',
        'a.display_name as displayName',
        'a.role',
        'u.id as unitId',
        'a.password_hash as passwordHash',
        'a.must_change_password as mustChangePassword',
        'a.created_at as createdAt',
        'a.disabled_at as disabledAt',
      ]);
  const sessions = () =>
    queries
      .selectFrom('sessions as s')
      .innerJoin('accounts as a', 'a.key', 's.account_key')
      .select([
        's.id',
        'a.name as accountName',
        's.created_at as createdAt',
        's.last_used_at as lastUsedAt',
        's.address',
        's.user_agent as userAgent',
      ]);
  const links = () =>
    queries
      .selectFrom('links as l')
      .leftJoin('units as u', 'u.key', 'l.unit_key')
      .select([
        'l.id',
        'l.kind',
        'l.name',
        'u.id as unitId',
        'l.created_at as createdAt',
        'l.created_by as createdBy',
        'l.last_used_at as lastUsedAt',
        'l.expires_at as expiresAt',
        'l.revoked_at as revokedAt',
      ]);
  const account = async (name: string) => {
    const row = await accounts().where('a.name', '=', name).executeTakeFirst();
    return row && accountOf(row);
  };
  return {
    accounts: async () => (await accounts().orderBy('a.name').execute()).map(accountOf),
    account,
    sessions: (accountName) => {
      const all = sessions().orderBy('s.created_at', 'desc').orderBy('s.id');
      return (accountName === null ? all : all.where('a.name', '=', accountName)).execute();
    },
    // In one question: every request asks it.
    async sessionOf(tokenHash) {
      const row = await sessions()
        .leftJoin('units as u', 'u.key', 'a.unit_key')
        .select([
          'a.display_name as displayName',
          'a.role',
          'u.id as unitId',
          'a.password_hash as passwordHash',
          'a.must_change_password as mustChangePassword',
          'a.created_at as accountCreatedAt',
          'a.disabled_at as disabledAt',
        ])
        .where('s.token_hash', '=', tokenHash)
        .executeTakeFirst();
      if (!row) return undefined;
      const { id, accountName, createdAt, lastUsedAt, address, userAgent, accountCreatedAt, ...account } =
        row;
      return {
        session: { id, accountName, createdAt, lastUsedAt, address, userAgent },
        account: accountOf({ ...account, name: accountName, createdAt: accountCreatedAt }),
      };
    },
    links: async () => (await links().orderBy('l.key').execute()).map(linkOf),
    async linkOf(tokenHash) {
      const row = await links().where('l.token_hash', '=', tokenHash).executeTakeFirst();
      return row && linkOf(row);
    },
    async isUnitWithin(unitId, topId) {
      // UNION, not UNION ALL: it would end even if the tree had a ring.
      const above = await queries
        .withRecursive('above(key)', (db) =>
          db
            .selectFrom('units')
            .select('units.key')
            .where('units.id', '=', unitId)
            .union(
              db
                .selectFrom('above')
                .innerJoin('units', 'units.key', 'above.key')
                .where('units.parent_key', 'is not', null)
                .select(sql<number>`units.parent_key`.as('key')),
            ),
        )
        .selectFrom('above')
        .innerJoin('units', 'units.key', 'above.key')
        .where('units.id', '=', topId)
        .select('units.id')
        .executeTakeFirst();
      return above !== undefined;
    },
  };
}

type AccountRow = Omit<AccountRecord, 'role' | 'mustChangePassword'> & {
  role: string;
  mustChangePassword: number;
};

function accountOf(row: AccountRow): AccountRecord {
  return {
    ...row,
    role: row.role as AccountRecord['role'],
    mustChangePassword: row.mustChangePassword === 1,
  };
}

function linkOf(
  row: Omit<LinkRecord, 'kind' | 'createdBy'> & { kind: string; createdBy: string },
): LinkRecord {
  return { ...row, kind: row.kind as LinkKind, createdBy: readActor(row.createdBy) };
}
