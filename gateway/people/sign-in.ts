/** Opening a session: by name and password, or by the token of a link. */

import type { AuditTarget } from '../domain/audit-target.ts';
import type { Principal } from '../domain/principal.ts';
import type { AuditLine, By } from '../store/changes.ts';
import type { AccountRecord, LinkRecord, PeopleStore } from '../store/people.ts';
import { type LinkTokens, linkPrincipal } from './link-tokens.ts';
import { foldName } from './names.ts';
import type { Passwords } from './passwords.ts';
import { PeopleRefusal } from './refusal.ts';
import { kindOf } from './secrets.ts';
import { principalOf, type Sessions } from './sessions.ts';
import { proveOnce, type SignInThrottle } from './sign-in-throttle.ts';

export type Caller = { address: string; userAgent: string };
export type SignedIn = { account: AccountRecord; token: string; expiresAt: number };

export type SignIn = {
  /** @throws PeopleRefusal `credentials-wrong`, `sign-in-throttled`, `sign-in-busy`. */
  byPassword(name: string, password: string, caller: Caller): Promise<SignedIn>;
  /** @throws PeopleRefusal `token-wrong`. */
  byLink(token: string): Promise<LinkRecord>;
  /** Whose token it is, of whichever kind; null when it is nobody's any more. */
  identify(token: string): Promise<Principal | null>;
};

export type SignInDeps = {
  store: PeopleStore;
  passwords: Passwords;
  sessions: Sessions;
  links: LinkTokens;
  throttle: SignInThrottle;
  monotonic: () => number;
};

/** Failed sign-ins that are written one by one, in a row and a minute; beyond, only how many: a flood must not fill the disk. */
const FAILURES_IN_A_ROW = 60;
const FAILURE_EVERY_MS = 10_000;

export function createSignIn({ store, passwords, sessions, links, throttle, monotonic }: SignInDeps): SignIn {
  let [room, roomAt, unwritten] = [FAILURES_IN_A_ROW, monotonic(), 0];
  const auditFailure = async (account: AccountRecord | undefined, address: string) => {
    const reason = account && account.disabledAt !== null ? 'account-disabled' : 'credentials-wrong';
    const earned = Math.max(0, monotonic() - roomAt) / FAILURE_EVERY_MS;
    [room, roomAt] = [Math.min(FAILURES_IN_A_ROW, room + earned), monotonic()];
    if (room < 1) {
      unwritten += 1;
      return;
    }
    room -= 1;
    const detail = unwritten > 0 ? { reason, unwritten } : { reason };
    unwritten = 0;
    // A name that nobody has is not written: some type their password there.
    const by: By = { actor: { kind: 'gateway' }, origin: address };
    const target: AuditTarget = account
      ? { kind: 'account', name: account.name }
      : { kind: 'account-unknown' };
    const line: AuditLine = { by, action: 'session.refused', target, detail };
    await store.change((tx) => tx.audited(line, undefined));
  };

  /** As costly as new hashes are, unless the password was changed meanwhile. */
  const renewHash = async ({ name, passwordHash }: AccountRecord, password: string) => {
    await store.renewPasswordHash(name, passwordHash, await passwords.hash(password));
  };

  return {
    async byPassword(typedName, password, { address, userAgent }) {
      const name = foldName(typedName);
      const account = await store.account(name);
      let isStale = false;
      const proved = await proveOnce(throttle, name, address, async () => {
        // Whether a name exists must not show in how long the answer takes.
        const verdict = account
          ? await passwords.verify(password, account.passwordHash)
          : await passwords.pretend(password);
        isStale = verdict === 'stale';
        // It may have been disabled, or its password reset, while the hash was computed.
        const current = account && (await store.account(account.name));
        const isGood = current?.passwordHash === account?.passwordHash && current?.disabledAt === null;
        return verdict !== 'wrong' && isGood;
      });
      if (!account || !proved) {
        await auditFailure(account, address);
        throw new PeopleRefusal('credentials-wrong', 'the name or the password is wrong');
      }
      if (isStale) await renewHash(account, password);
      const current = (isStale && (await store.account(name))) || account;
      const { token, expiresAt } = await sessions.open(current, address, userAgent);
      return { account: current, token, expiresAt };
    },
    async byLink(token) {
      const link = kindOf(token) === 'link' ? await links.find(token) : null;
      if (link?.kind !== 'wall')
        throw new PeopleRefusal('token-wrong', 'this link is not good any more: ask for a new one');
      links.used(link.id);
      return link;
    },
    async identify(token) {
      const kind = kindOf(token);
      if (kind === 'session') {
        const found = await sessions.find(token);
        return found && principalOf(found);
      }
      const link = kind === 'link' ? await links.find(token) : null;
      return link && linkPrincipal(link);
    },
  };
}
