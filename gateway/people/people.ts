/** The people's part of the gateway, put together. */

import { type Audit, createAudit } from '../audit/audit.ts';
import type { Principal } from '../domain/roles.ts';
import type { Store } from '../store/store.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { limitAudit } from './audit-limit.ts';
import { createLinkTokens, type LinkTokens } from './link-tokens.ts';
import { createPasswords } from './passwords.ts';
import { createSessions, type SessionLimits, type Sessions } from './sessions.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createSignInThrottle } from './sign-in-throttle.ts';

export type People = {
  accounts: Accounts;
  sessions: Sessions;
  links: LinkTokens;
  signIn: SignIn;
  audit: Audit;
  /** Somebody has asked for something: their session goes on. */
  used(principal: Principal): void;
  /** Writes what is kept in memory; called every few seconds. */
  save(): void;
};

export const DEFAULT_SESSION_LIMITS: SessionLimits = { absoluteMs: 12 * 3_600_000, idleMs: 2 * 3_600_000 };

export type PeopleDeps = {
  store: Store;
  /** What dates. */
  now: () => number;
  /** What measures waits, rates and ages: nobody sets it. */
  monotonic: () => number;
  limits: SessionLimits;
};

export function createPeople({ store, now, monotonic, limits }: PeopleDeps): People {
  const audit = limitAudit(createAudit(store, now), monotonic);
  const passwords = createPasswords();
  const sessions = createSessions(store, audit, limits, now, monotonic);
  const links = createLinkTokens(store, audit, now);
  const throttle = createSignInThrottle(monotonic);
  return {
    accounts: createAccounts({ store, passwords, throttle, audit, now }),
    sessions,
    links,
    signIn: createSignIn({ store, passwords, sessions, links, throttle, audit, monotonic }),
    audit,
    used({ credential }) {
      const [kind, id] = credential.split(':') as ['session' | 'link', string];
      if (kind === 'session') sessions.used(id);
      else links.used(id);
    },
    save() {
      sessions.save();
      links.save();
    },
  };
}
