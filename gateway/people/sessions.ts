/** Sessions of accounts. They are in the store, so they outlive a restart, and the CLI can end them. */

import type { AccountPrincipal } from '../domain/principal.ts';
import { withoutHidden } from '../domain/shown-text.ts';
import type { By } from '../store/changes.ts';
import type { AccountRecord, PeopleStore, SessionOver, SessionRecord, Used } from '../store/people.ts';
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
/** Before one that nobody uses is removed: another gateway writes down within seconds that it was used there. */
const KEPT_MS = 60_000;

export type OpenSession = { session: SessionRecord; account: AccountRecord };

export type SessionNotes = { used: readonly Used[]; over: readonly SessionOver[] };

export type Sessions = {
  /**
   * For an account as it was when its password was proved.
   * @returns the token, which is kept nowhere. @throws PeopleRefusal `credentials-wrong` when it was changed meanwhile.
   */
  open(
    account: AccountRecord,
    address: string,
    userAgent: string,
  ): Promise<{ token: string; id: string; expiresAt: number }>;
  find(token: string): Promise<OpenSession | null>;
  expiresAt(session: SessionRecord): number;
  used(id: string): void;
  /** When sessions were used since it was last taken, and which are over. */
  takeNotes(): SessionNotes;
  /** They are written: the sessions that are over can be forgotten. */
  noted(notes: SessionNotes): void;
  /** They could not be written. */
  giveBack(notes: SessionNotes): void;
  list(accountName: string | null): Promise<SessionRecord[]>;
  /** By whoever has it. */
  close(by: By, id: string): Promise<void>;
  /**
   * @param scope the account whose sessions the one who asks sees, and whose they may end; null for all.
   * @throws PeopleRefusal `session-unknown`; `role-insufficient` for one that may be seen and not ended.
   */
  revoke(by: By, id: string, scope: { seen: string | null; ended: string | null }): Promise<void>;
};

/** Moments by the monotonic clock, and (`notedAt`) the latest use that is known of by the wall clock, as it is stored. */
type Span = { openedAt: number; usedAt: number; notedAt: number; lookedAt: number };

export async function createSessions(
  store: PeopleStore,
  { absoluteMs, idleMs }: SessionLimits,
  now: () => number,
  monotonic: () => number,
): Promise<Sessions> {
  /**
   * How old each is by a clock that nobody sets: one that is set forward ends no session, and one that
   * is set back makes none last longer. Only over a restart the wall clock measures, and for what was done at another gateway.
   */
  const spans = new Map<string, Span>();
  // Of the future, when the clock was set back meanwhile: it begins now.
  const momentOf = (at: number) => monotonic() - Math.max(0, now() - at);
  const spanOf = ({ id, createdAt, lastUsedAt: notedAt }: SessionRecord): Span => {
    const known = spans.get(id);
    if (!known) {
      const span = {
        openedAt: momentOf(createdAt),
        usedAt: momentOf(notedAt),
        notedAt,
        lookedAt: monotonic(),
      };
      spans.set(id, span);
      return span;
    }
    // Later than this gateway knows of: it was used at another one, since the last look at the latest.
    if (notedAt > known.notedAt) {
      known.usedAt = Math.max(known.usedAt, known.lookedAt, momentOf(notedAt));
      known.notedAt = notedAt;
    }
    known.lookedAt = monotonic();
    return known;
  };
  for (const session of await store.sessions(null)) spanOf(session);
  const isTooOld = ({ openedAt }: Span) => monotonic() >= openedAt + absoluteMs;
  const isIdle = ({ usedAt }: Span, forMs = idleMs) => monotonic() >= usedAt + forMs;

  /** Later than what is stored; written every few seconds, because a commit a request would cost more than the request. */
  let unsaved = new Map<string, number>();

  const lastUsedAt = ({ id, lastUsedAt: stored }: SessionRecord) =>
    Math.max(unsaved.get(id) ?? stored, stored);
  const isOpen = (session: SessionRecord) => {
    const span = spanOf(session);
    return !isTooOld(span) && !isIdle(span);
  };
  const list = async (accountName: string | null) =>
    (await store.sessions(accountName))
      .filter(isOpen)
      .map((session) => ({ ...session, lastUsedAt: lastUsedAt(session) }));

  return {
    async open(proved, address, userAgent) {
      const token = newToken('session');
      const id = newId('s');
      const at = now();
      const { name } = proved;
      await store.change(async (tx) => {
        const account = await tx.account(name);
        if (account?.passwordHash !== proved.passwordHash || account.disabledAt !== null)
          throw new PeopleRefusal('credentials-wrong', 'the account was changed meanwhile: sign in again');
        const oldest = (await tx.sessions(name)).slice(MAX_PER_ACCOUNT - 1);
        await tx.endSessions(oldest.map((session) => session.id));
        const session = { id, accountName: name, createdAt: at, lastUsedAt: at, address };
        await tx.addSession(
          { ...session, userAgent: withoutHidden(userAgent.slice(0, MAX_USER_AGENT_CHARS)) },
          hashToken(token),
        );
        const by: By = { actor: { kind: 'account', name }, origin: address };
        return tx.audited({ by, action: 'session.open', target: { kind: 'session', id } }, undefined);
      });
      spans.set(id, { openedAt: monotonic(), usedAt: monotonic(), notedAt: at, lookedAt: monotonic() });
      return { token, id, expiresAt: at + absoluteMs };
    },
    async find(token) {
      const found = await store.sessionOf(hashToken(token));
      return found && isOpen(found.session) && found.account.disabledAt === null ? found : null;
    },
    expiresAt: (session) => session.createdAt + absoluteMs,
    used(id) {
      const at = now();
      unsaved.set(id, at);
      const span = spans.get(id);
      if (!span) return;
      span.usedAt = monotonic();
      span.notedAt = Math.max(span.notedAt, at);
    },
    takeNotes() {
      const used = [...unsaved].map(([id, at]) => ({ id, at }));
      unsaved = new Map();
      const over: SessionOver[] = [];
      for (const [id, span] of spans)
        if (isTooOld(span)) over.push({ id, unlessUsedAfter: null });
        else if (isIdle(span, idleMs + KEPT_MS)) over.push({ id, unlessUsedAfter: span.notedAt });
      return { used, over };
    },
    noted({ over }) {
      for (const { id } of over) spans.delete(id);
    },
    giveBack({ used }) {
      for (const { id, at } of used) if (!unsaved.has(id)) unsaved.set(id, at);
    },
    list,
    async close(by, id) {
      await store.change(async (tx) => {
        await tx.endSessions([id]);
        return tx.audited({ by, action: 'session.close', target: { kind: 'session', id } }, undefined);
      });
      spans.delete(id);
    },
    async revoke(by, id, { seen, ended }) {
      await store.change(async (tx) => {
        const found = (await tx.sessions(seen)).find((session) => session.id === id);
        if (!found || !isOpen(found))
          throw new PeopleRefusal('session-unknown', `there is no open session ${id}`);
        if (ended !== null && found.accountName !== ended)
          throw new PeopleRefusal(
            'role-insufficient',
            'only an administrator may end the sessions of others',
          );
        await tx.endSessions([id]);
        const detail = { account: found.accountName };
        return tx.audited(
          { by, action: 'session.revoke', target: { kind: 'session', id }, detail },
          undefined,
        );
      });
      spans.delete(id);
    },
  };
}

export function principalOf({ session, account }: OpenSession): AccountPrincipal {
  const { name, role, unitId, mustChangePassword } = account;
  return {
    kind: 'account',
    name,
    sessionId: session.id,
    standing: role,
    unitId,
    mustChangePassword,
  };
}
