/** Accounts of the staff. A change of what an account may do ends its sessions; nothing of an account is ever removed. */
import type { Role } from '../../protocol/session.ts';
import { needsUnit } from '../domain/roles.ts';
import type { AuditTx, By } from '../store/changes.ts';
import type { AccountChange, AccountRecord, PeopleReads, PeopleStore, PeopleTx } from '../store/people.ts';
import { checkDisplayName, checkName } from './names.ts';
import { weaknessOf } from './password-rules.ts';
import type { Passwords } from './passwords.ts';
import { PeopleRefusal } from './refusal.ts';
import { newOneTimePassword } from './secrets.ts';
import { proveOnce, type SignInThrottle } from './sign-in-throttle.ts';

export type NewAccount = { name: string; displayName: string; role: Role; unitId: string | null };
export type AccountEdit = {
  displayName?: string | undefined;
  role?: Role | undefined;
  unitId?: string | null | undefined;
  disabled?: boolean | undefined;
};

export type Accounts = {
  list(): Promise<AccountRecord[]>;
  /** @returns a password that must be changed first. @throws PeopleRefusal, OrgRefusal. */
  add(by: By, account: NewAccount): Promise<{ account: AccountRecord; oneTimePassword: string }>;
  /** @throws PeopleRefusal, OrgRefusal. */
  change(by: By, name: string, edit: AccountEdit): Promise<AccountRecord>;
  resetPassword(by: By, name: string): Promise<string>;
  /** The owner's own choice; ends all sessions but the one. @throws PeopleRefusal `credentials-wrong`, `password-weak`. */
  choosePassword(
    by: By,
    name: string,
    passwords: { current: string; next: string },
    keptSessionId: string | null,
  ): Promise<void>;
  /**
   * The first administrator, when there is no account at all: with the password given, or with a one-time password that is
   * returned. @returns null when nothing had to be made or said.
   */
  ensureFirst(name: string, password: string | null): Promise<string | null>;
};

const GATEWAY: By = { actor: { kind: 'gateway' }, origin: 'local' };

export type AccountsDeps = {
  store: PeopleStore;
  passwords: Passwords;
  throttle: SignInThrottle;
  now: () => number;
};

export function createAccounts({ store, passwords, throttle, now }: AccountsDeps): Accounts {
  const known = async (reads: PeopleReads, name: string): Promise<AccountRecord> => {
    const account = await reads.account(name);
    if (!account) throw new PeopleRefusal('account-unknown', `there is no account ${name}`);
    return account;
  };

  /** Nobody could add accounts any more. */
  const keepAnAdministrator = async (reads: PeopleReads, changed: AccountRecord) => {
    if (changed.role === 'administrator' && changed.disabledAt === null) return;
    const left = (await reads.accounts()).some(
      ({ name, role, disabledAt }) =>
        name !== changed.name && role === 'administrator' && disabledAt === null,
    );
    if (!left)
      throw new PeopleRefusal(
        'administrator-last',
        `${changed.name} is the last administrator: make another account one first`,
      );
  };

  const checkUnit = (role: Role, unitId: string | null) => {
    if (needsUnit(role) && unitId === null)
      throw new PeopleRefusal('unit-required', `a ${role} has a unit: name it`);
    if (!needsUnit(role) && unitId !== null)
      throw new PeopleRefusal('unit-not-for-role', `a ${role} is for the whole city: leave the unit out`);
  };

  const checkPassword = (password: string, name: string) => {
    const weakness = weaknessOf(password, name);
    if (weakness !== null) throw new PeopleRefusal('password-weak', `choose another password: ${weakness}`);
  };

  const insert = async (
    tx: PeopleTx & AuditTx,
    by: By,
    account: NewAccount,
    secret: { passwordHash: string; mustChangePassword: boolean },
  ) => {
    const { name, displayName, role, unitId } = account;
    const record: AccountRecord = {
      ...{ name, displayName, role, unitId, ...secret },
      createdAt: now(),
      disabledAt: null,
    };
    await tx.addAccount(record);
    const detail = { displayName, role, unitId };
    return tx.audited({ by, action: 'account.add', target: { kind: 'account', name }, detail }, record);
  };

  return {
    list: () => store.accounts(),
    async add(by, { name, displayName, role, unitId }) {
      checkName(name);
      checkUnit(role, unitId);
      const account = { name, displayName: checkDisplayName(displayName), role, unitId };
      const oneTimePassword = newOneTimePassword();
      const passwordHash = await passwords.hash(oneTimePassword);
      const secret = { passwordHash, mustChangePassword: true };
      return { account: await store.change((tx) => insert(tx, by, account, secret)), oneTimePassword };
    },
    change(by, name, { displayName, role, unitId, disabled }) {
      return store.change(async (tx) => {
        const old = await known(tx, name);
        const change: AccountChange = {
          displayName: displayName === undefined ? old.displayName : checkDisplayName(displayName),
          role: role ?? old.role,
          // Whoever stops being bound to a unit need not say so.
          unitId: unitId !== undefined ? unitId : needsUnit(role ?? old.role) ? old.unitId : null,
          disabledAt: disabled === undefined ? old.disabledAt : disabled ? (old.disabledAt ?? now()) : null,
        };
        const changed = { ...old, ...change };
        checkUnit(changed.role, changed.unitId);
        await keepAnAdministrator(tx, changed);
        const fields = (['displayName', 'role', 'unitId', 'disabledAt'] as const).filter(
          (field) => old[field] !== changed[field],
        );
        if (fields.length === 0) return tx.unchanged(old);
        const detail = Object.fromEntries(fields.map((field) => [field, changed[field]]));
        const action =
          fields.includes('disabledAt') && disabled === true ? 'account.disable' : 'account.change';
        await tx.changeAccount(name, change);
        if (fields.some((field) => field !== 'displayName')) await tx.endSessionsOf(name, null);
        return tx.audited({ by, action, target: { kind: 'account', name }, detail }, changed);
      });
    },
    async resetPassword(by, name) {
      await known(store, name);
      const oneTimePassword = newOneTimePassword();
      const passwordHash = await passwords.hash(oneTimePassword);
      return store.change(async (tx) => {
        await known(tx, name);
        await tx.changeAccount(name, { passwordHash, mustChangePassword: true });
        await tx.endSessionsOf(name, null);
        return tx.audited(
          { by, action: 'account.password-reset', target: { kind: 'account', name } },
          oneTimePassword,
        );
      });
    },
    async choosePassword(by, name, { current, next }, keptSessionId) {
      const { passwordHash } = await known(store, name);
      const proof = await proveOnce(throttle, name, by.origin, async () => {
        const verdict = await passwords.verify(current, passwordHash);
        return verdict !== 'wrong';
      });
      if (!proof) throw new PeopleRefusal('credentials-wrong', 'the current password is another one');
      if (current === next)
        throw new PeopleRefusal('password-weak', 'choose another password: it is the old one');
      checkPassword(next, name);
      const nextHash = await passwords.hash(next);
      await store.change(async (tx) => {
        // It may have been reset meanwhile: then the one that was proved is worth nothing any more.
        if ((await known(tx, name)).passwordHash !== passwordHash)
          throw new PeopleRefusal('credentials-wrong', 'the password was changed meanwhile: sign in again');
        await tx.changeAccount(name, { passwordHash: nextHash, mustChangePassword: false });
        await tx.endSessionsOf(name, keptSessionId);
        return tx.audited({ by, action: 'account.password', target: { kind: 'account', name } }, undefined);
      });
    },
    async ensureFirst(name, password) {
      if ((await store.accounts()).length > 0) return null;
      if (password !== null) checkPassword(password, name);
      const first = {
        name: checkName(name),
        displayName: '管理员',
        role: 'administrator' as const,
        unitId: null,
      };
      const chosen = password ?? newOneTimePassword();
      const secret = { passwordHash: await passwords.hash(chosen), mustChangePassword: password === null };
      const added = await store.change(async (tx) => {
        // The command line may have made one meanwhile.
        if ((await tx.accounts()).length > 0) return tx.unchanged(null);
        return insert(tx, GATEWAY, first, secret);
      });
      return added !== null && password === null ? chosen : null;
    },
  };
}
