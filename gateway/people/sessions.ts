/** Sessions of accounts. They are in the store, so they outlive a restart, and the CLI can end them. */

import type { Audit, By } from '../audit/audit.ts';
import type { Principal } from '../domain/roles.ts';
import { withoutHidden } from '../domain/shown-text.ts';
import type { AccountRecord, PeopleStore, SessionRecord } from '../store/people-store.ts';
import { PeopleRefusal } from './refusal.ts';
import { hashToken, newId, newToken } from './secrets.ts';

export type SessionLimits = {
  /** After so long a session ends, however much it is used. */
  absoluteMs: number;
  /** After so long without a request. A live stream goes on by itself and is no sign of a person. */
  idleMs: number;
};

/** More than this, and the account's oldest session ends. */
const MAX_PER_ACCOUNT = 20;
const MAX_USER_AGENT_CHARS = 200;

export type OpenSession = { session: SessionRecord; account: AccountRecord };

export type Sessions = {
  /** @returns the token, which is kept nowhere. */
  open(
    account: AccountRecord,
    address: string,
    userAgent: string,
  ): { token: string; id: string; expiresAt: number };
  find(token: string): OpenSession | null;
  expiresAt(session: SessionRecord): number;
  used(id: string): void;
  /** Writes when sessions were last used, and forgets the ended ones. */
  save(): void;
  list(accountName: string | null): SessionRecord[];
  close(id: string): void;
  /**
   * @param scope the account whose sessions the one who asks sees, and whose they may end; null for all.
   * @throws PeopleRefusal `session-unknown`; `role-insufficient` for one that may be seen and not ended.
   */
  revoke(by: By, id: string, scope: { seen: string | null; ended: string | null }): void;
};

export function createSessions(
  store: PeopleStore,
  audit: Audit,
  { absoluteMs, idleMs }: SessionLimits,
  now: () => number,
  monotonic: () => number,
): Sessions {
  /**
   * How old a session is and how long unused, by a clock that nobody sets: one that is set forward ends no session, and one that
   * is set back makes none last longer. Only over a restart the wall clock measures.
   */
  const spans = new Map<string, { openedAt: number; usedAt: number }>();
  const spanOf = (session: SessionRecord) => {
    const known = spans.get(session.id);
    if (known) return known;
    // Of the future, when the clock was set back meanwhile: it begins now.
    const momentOf = (at: number) => monotonic() - Math.max(0, now() - at);
    const span = { openedAt: momentOf(session.createdAt), usedAt: momentOf(session.lastUsedAt) };
    spans.set(session.id, span);
    return span;
  };
  for (const session of store.sessions(null)) spanOf(session);
  const isOver = ({ openedAt, usedAt }: { openedAt: number; usedAt: number }) =>
    monotonic() >= openedAt + absoluteMs || monotonic() >= usedAt + idleMs;
  const end = (id: string) => {
    spans.delete(id);
    store.endSession(id);
  };

  /** Later than what is stored; written every few seconds, because a commit a request would cost more than the request. */
  let unsaved = new Map<string, number>();

  const lastUsedAt = ({ id, lastUsedAt: stored }: SessionRecord) => unsaved.get(id) ?? stored;
  const isOpen = (session: SessionRecord) => !isOver(spanOf(session));
  const list = (accountName: string | null) =>
    store
      .sessions(accountName)
      .filter(isOpen)
      .map((session) => ({ ...session, lastUsedAt: lastUsedAt(session) }));

  return {
    open(account, address, userAgent) {
      const token = newToken('session');
      const id = newId('s');
      const at = now();
      store.atomic(() => {
        audit({ actor: `account:${account.name}`, origin: address }, 'session.open', `session:${id}`);
        for (const old of store.sessions(account.name).slice(MAX_PER_ACCOUNT - 1)) end(old.id);
        const session = { id, accountName: account.name, createdAt: at, lastUsedAt: at, address };
        store.addSession(
          { ...session, userAgent: withoutHidden(userAgent.slice(0, MAX_USER_AGENT_CHARS)) },
          hashToken(token),
        );
      });
      spans.set(id, { openedAt: monotonic(), usedAt: monotonic() });
      return { token, id, expiresAt: at + absoluteMs };
    },
    find(token) {
      const found = store.sessionOf(hashToken(token));
      return found && isOpen(found.session) && found.account.disabledAt === null ? found : null;
    },
    expiresAt: (session) => session.createdAt + absoluteMs,
    used(id) {
      unsaved.set(id, now());
      const span = spans.get(id);
      if (span) span.usedAt = monotonic();
    },
    save() {
      const used = unsaved;
      if (used.size > 0) store.saveSessionsUsed([...used].map(([id, at]) => ({ id, at })));
      unsaved = new Map();
      for (const [id, span] of spans) if (isOver(span)) end(id);
    },
    list,
    close: end,
    revoke(by, id, { seen, ended }) {
      const found = list(seen).find((session) => session.id === id);
      if (!found) throw new PeopleRefusal('session-unknown', `there is no open session ${id}`);
      if (ended !== null && found.accountName !== ended)
        throw new PeopleRefusal('role-insufficient', 'only an administrator may end the sessions of others');
      store.atomic(() => {
        audit(by, 'session.revoke', `session:${id}`, { account: found.accountName });
        end(id);
      });
    },
  };
}

export function principalOf({ session, account }: OpenSession): Principal {
  const { name, role, unitId, mustChangePassword } = account;
  return {
    actor: `account:${name}`,
    credential: `session:${session.id}`,
    standing: role,
    unitId,
    mustChangePassword,
  };
}
