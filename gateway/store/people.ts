/** The port to people: accounts, their sessions, and the tokens of links. */
import type { Role } from '../../protocol/session.ts';
import type { RecordedActor } from '../domain/actor.ts';
import type { LinkKind } from '../domain/roles.ts';
import type { Changes } from './changes.ts';

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
  /** Who answers for it. */
  createdBy: RecordedActor;
  lastUsedAt: number | null;
  expiresAt: number;
  revokedAt: number | null;
};

export interface PeopleReads {
  accounts(): Promise<AccountRecord[]>;
  account(name: string): Promise<AccountRecord | undefined>;
  /** Newest first; of one account, or of all. */
  sessions(accountName: string | null): Promise<SessionRecord[]>;
  sessionOf(tokenHash: Buffer): Promise<{ session: SessionRecord; account: AccountRecord } | undefined>;
  /** Oldest first, the revoked ones too. */
  links(): Promise<LinkRecord[]>;
  linkOf(tokenHash: Buffer): Promise<LinkRecord | undefined>;
  /** Is it the unit itself, or one below it? */
  isUnitWithin(unitId: string, topId: string): Promise<boolean>;
}

export interface PeopleTx extends PeopleReads {
  /** @throws OrgRefusal `name-taken`, `unit-unknown`. */
  addAccount(account: AccountRecord): Promise<void>;
  /** @throws OrgRefusal `unit-unknown`. */
  changeAccount(name: string, change: AccountChange): Promise<void>;
  addSession(session: SessionRecord, tokenHash: Buffer): Promise<void>;
  endSessions(ids: readonly string[]): Promise<void>;
  endAllSessions(): Promise<void>;
  /** All of an account but one. */
  endSessionsOf(accountName: string, exceptId: string | null): Promise<void>;
  /** @throws OrgRefusal `unit-unknown`. */
  addLink(link: LinkRecord, tokenHash: Buffer): Promise<void>;
  /** @param by who answers for it from now on. */
  extendLink(id: string, expiresAt: number, by: RecordedActor): Promise<void>;
  revokeLink(id: string, at: number): Promise<void>;
}

export type Used = { id: string; at: number };

/** A session that has ended by itself: too old, or (not null) unless it was used after what its gateway knows of. */
export type SessionOver = { id: string; unlessUsedAfter: number | null };

export interface PeopleStore extends PeopleReads, Changes<PeopleTx> {
  /**
   * What the gateway notes by itself, in one transaction: when sessions and links were last used, and which sessions are over. A
   * later use that another gateway has noted stays.
   */
  noteUse(use: {
    sessions: readonly Used[];
    links: readonly Used[];
    over: readonly SessionOver[];
  }): Promise<void>;
  /** The same password, hashed anew; not if it was changed meanwhile. */
  renewPasswordHash(name: string, from: string, to: string): Promise<void>;
}
