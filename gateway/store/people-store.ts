/** The part of the store's port that keeps people: accounts, their sessions, and the tokens of links. */
import type { Role } from '../../protocol/session.ts';
import type { LinkKind } from '../domain/roles.ts';

export type AccountRecord = {
  name: string;
  displayName: string;
  role: Role;
  /** The unit whose subtree is all that the account sees; null for the whole city. */
  unitId: string | null;
  passwordHash: string;
  /** The password was given by somebody else and is good for nothing but choosing one. */
  mustChangePassword: boolean;
  createdAt: number;
  disabledAt: number | null;
};

export type AccountChange = Partial<Omit<AccountRecord, 'name' | 'createdAt'>>;

export type SessionRecord = {
  /** Names the session where it is listed; opens nothing. */
  id: string;
  accountName: string;
  createdAt: number;
  lastUsedAt: number;
  address: string;
  userAgent: string;
};

export type LinkRecord = {
  id: string;
  kind: LinkKind;
  name: string;
  unitId: string | null;
  createdAt: number;
  /** The actor that made it, as in the audit. */
  createdBy: string;
  lastUsedAt: number | null;
  expiresAt: number;
  revokedAt: number | null;
};

export interface PeopleStore {
  /** Everything that `act` writes is on the disk when this returns, or nothing is. */
  atomic<T>(act: () => T): T;

  accounts(): AccountRecord[];
  account(name: string): AccountRecord | undefined;
  /** @throws OrgRefusal `name-taken`, `unit-unknown`. */
  addAccount(account: AccountRecord): void;
  /** @throws OrgRefusal `unit-unknown`. */
  changeAccount(name: string, change: AccountChange): void;

  /** Newest first; of one account, or of all. */
  sessions(accountName: string | null): SessionRecord[];
  sessionOf(tokenHash: Buffer): { session: SessionRecord; account: AccountRecord } | undefined;
  addSession(session: SessionRecord, tokenHash: Buffer): void;
  endSession(id: string): void;
  /** All of an account but one. @returns how many there were. */
  endSessionsOf(accountName: string, exceptId: string | null): number;
  /** Sessions opened before the one time, or last used before the other. */
  endSessionsBefore(createdAt: number, lastUsedAt: number): void;
  saveSessionsUsed(used: readonly { id: string; at: number }[]): void;

  /** Oldest first, the revoked ones too. */
  links(): LinkRecord[];
  linkOf(tokenHash: Buffer): LinkRecord | undefined;
  /** @throws OrgRefusal `unit-unknown`. */
  addLink(link: LinkRecord, tokenHash: Buffer): void;
  revokeLink(id: string, at: number): void;
  saveLinksUsed(used: readonly { id: string; at: number }[]): void;
  /** @param by the actor that answers for it from now on. */
  extendLink(id: string, expiresAt: number, by: string): void;
  /** Is it the unit itself, or one below it? */
  isUnitWithin(unitId: string, topId: string): boolean;
}
