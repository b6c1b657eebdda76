import type {
  AccountChange,
  AccountRecord,
  LinkRecord,
  PeopleStore,
  SessionRecord,
} from '../people-store.ts';
import { OrgRefusal } from '../store.ts';
import type { Connection } from './database.ts';

type AccountRow = Omit<AccountRecord, 'mustChangePassword'> & { mustChangePassword: 0 | 1 };

const ACCOUNT = `a.name, a.display_name AS displayName, a.role, u.id AS unitId, a.password_hash AS passwordHash,
  a.must_change_password AS mustChangePassword, a.created_at AS createdAt, a.disabled_at AS disabledAt`;
const SESSION = `s.id, a.name AS accountName, s.created_at AS createdAt, s.last_used_at AS lastUsedAt, s.address,
  s.user_agent AS userAgent`;
const LINK = `l.id, l.kind, l.name, u.id AS unitId, l.created_at AS createdAt, l.created_by AS createdBy,
  l.last_used_at AS lastUsedAt, l.expires_at AS expiresAt, l.revoked_at AS revokedAt`;

const accountOf = (row: AccountRow): AccountRecord => ({
  ...row,
  mustChangePassword: row.mustChangePassword === 1,
});

export function createPeopleTable(db: Connection): PeopleStore {
  const selectUnit = db.prepare('SELECT key FROM units WHERE id = ?').pluck();
  const unitKey = (id: string | null): number | null => {
    if (id === null) return null;
    const key = selectUnit.get(id) as number | undefined;
    if (key === undefined)
      throw new OrgRefusal('unit-unknown', `there is no unit ${id}: list them with \`unit list\``);
    return key;
  };
  // UNION, not UNION ALL: it would end even if the tree had a ring.
  const selectAbove = db
    .prepare(
      `WITH RECURSIVE above (key) AS (
         SELECT key FROM units WHERE id = @unitId
         UNION SELECT u.parent_key FROM above JOIN units u ON u.key = above.key WHERE u.parent_key IS NOT NULL)
       SELECT 1 FROM above WHERE key = (SELECT key FROM units WHERE id = @topId)`,
    )
    .pluck();
  return {
    isUnitWithin: (unitId, topId) => selectAbove.get({ unitId, topId }) !== undefined,
    atomic: (act) => db.transaction(act).immediate(),
    ...accountTable(db, unitKey),
    ...sessionTable(db),
    ...linkTable(db, unitKey),
  };
}

type UnitKey = (id: string | null) => number | null;

function accountTable(
  db: Connection,
  unitKey: UnitKey,
): Pick<PeopleStore, 'accounts' | 'account' | 'addAccount' | 'changeAccount'> {
  const from = 'FROM accounts a LEFT JOIN units u ON u.key = a.unit_key';
  const selectAll = db.prepare(`SELECT ${ACCOUNT} ${from} ORDER BY a.name`);
  const selectOne = db.prepare(`SELECT ${ACCOUNT} ${from} WHERE a.name = ?`);
  const insert = db.prepare(
    `INSERT INTO accounts (name, display_name, role, unit_key, password_hash, must_change_password, created_at, disabled_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`,
  );
  const update = db.prepare(
    `UPDATE accounts SET display_name = ?, role = ?, unit_key = ?, password_hash = ?, must_change_password = ?,
       disabled_at = ? WHERE name = ?`,
  );
  const account = (name: string) => {
    const row = selectOne.get(name) as AccountRow | undefined;
    return row && accountOf(row);
  };
  return {
    accounts: () => (selectAll.all() as AccountRow[]).map(accountOf),
    account,
    addAccount({ name, displayName, role, unitId, passwordHash, mustChangePassword, createdAt, disabledAt }) {
      const values = [displayName, role, unitKey(unitId), passwordHash, Number(mustChangePassword)];
      if (insert.run(name, ...values, createdAt, disabledAt).changes === 0)
        throw new OrgRefusal('name-taken', `there is an account ${name} already: choose another name`);
    },
    changeAccount: db.transaction((name: string, change: AccountChange) => {
      const old = account(name);
      if (!old) return;
      const { displayName, role, unitId, passwordHash, mustChangePassword, disabledAt } = {
        ...old,
        ...change,
      };
      const values = [displayName, role, unitKey(unitId), passwordHash, Number(mustChangePassword)];
      update.run(...values, disabledAt, name);
    }),
  };
}

function sessionTable(
  db: Connection,
): Pick<
  PeopleStore,
  | 'sessions'
  | 'sessionOf'
  | 'addSession'
  | 'endSession'
  | 'endSessionsOf'
  | 'endSessionsBefore'
  | 'saveSessionsUsed'
> {
  const selectAll = db.prepare(
    `SELECT ${SESSION} FROM sessions s JOIN accounts a ON a.key = s.account_key
     WHERE @name IS NULL OR a.name = @name ORDER BY s.created_at DESC, s.id`,
  );
  const selectOne = db
    .prepare(
      `SELECT ${SESSION}, ${ACCOUNT} FROM sessions s JOIN accounts a ON a.key = s.account_key
       LEFT JOIN units u ON u.key = a.unit_key WHERE s.token_hash = ?`,
    )
    .expand();
  const insert = db.prepare(
    `INSERT INTO sessions (id, token_hash, account_key, created_at, last_used_at, address, user_agent)
     VALUES (?, ?, (SELECT key FROM accounts WHERE name = ?), ?, ?, ?, ?)`,
  );
  const remove = db.prepare('DELETE FROM sessions WHERE id = ?');
  const removeOf = db.prepare(
    'DELETE FROM sessions WHERE account_key = (SELECT key FROM accounts WHERE name = ?) AND id IS NOT ?',
  );
  const removeBefore = db.prepare('DELETE FROM sessions WHERE created_at < ? OR last_used_at < ?');
  const used = db.prepare('UPDATE sessions SET last_used_at = max(last_used_at, ?) WHERE id = ?');
  return {
    sessions: (accountName) => selectAll.all({ name: accountName }) as SessionRecord[],
    sessionOf(tokenHash) {
      type Row = {
        sessions: Omit<SessionRecord, 'accountName'>;
        accounts: AccountRow;
        units: { unitId: string | null };
      };
      const row = selectOne.get(tokenHash) as (Row & { accounts: { accountName: string } }) | undefined;
      if (!row) return undefined;
      const { accountName, ...account } = row.accounts;
      const { unitId } = row.units;
      return { session: { ...row.sessions, accountName }, account: accountOf({ ...account, unitId }) };
    },
    addSession({ id, accountName, createdAt, lastUsedAt, address, userAgent }, tokenHash) {
      insert.run(id, tokenHash, accountName, createdAt, lastUsedAt, address, userAgent);
    },
    endSession: (id) => void remove.run(id),
    endSessionsOf: (accountName, exceptId) => removeOf.run(accountName, exceptId).changes,
    endSessionsBefore: (createdAt, lastUsedAt) => void removeBefore.run(createdAt, lastUsedAt),
    saveSessionsUsed: db.transaction((entries: readonly { id: string; at: number }[]) => {
      for (const { id, at } of entries) used.run(at, id);
    }),
  };
}

function linkTable(
  db: Connection,
  unitKey: UnitKey,
): Pick<PeopleStore, 'links' | 'linkOf' | 'addLink' | 'revokeLink' | 'saveLinksUsed' | 'extendLink'> {
  const from = 'FROM links l LEFT JOIN units u ON u.key = l.unit_key';
  const selectAll = db.prepare(`SELECT ${LINK} ${from} ORDER BY l.key`);
  const selectOne = db.prepare(`SELECT ${LINK} ${from} WHERE l.token_hash = ?`);
  const insert = db.prepare(
    `INSERT INTO links (id, kind, name, unit_key, token_hash, created_at, created_by, last_used_at, expires_at,
       revoked_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const revoke = db.prepare('UPDATE links SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?');
  const extend = db.prepare('UPDATE links SET expires_at = ?, created_by = ? WHERE id = ?');
  const used = db.prepare('UPDATE links SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?');
  return {
    links: () => selectAll.all() as LinkRecord[],
    linkOf: (tokenHash) => selectOne.get(tokenHash) as LinkRecord | undefined,
    addLink({ id, kind, name, unitId, createdAt, createdBy, lastUsedAt, expiresAt, revokedAt }, tokenHash) {
      const times = [createdAt, createdBy, lastUsedAt, expiresAt, revokedAt];
      insert.run(id, kind, name, unitKey(unitId), tokenHash, ...times);
    },
    extendLink: (id, expiresAt, by) => void extend.run(expiresAt, by, id),
    revokeLink: (id, at) => void revoke.run(at, id),
    saveLinksUsed: db.transaction((entries: readonly { id: string; at: number }[]) => {
      for (const { id, at } of entries) used.run(at, id);
    }),
  };
}
