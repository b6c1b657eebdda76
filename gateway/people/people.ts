/** The people's part of the gateway, put together. */

import type { Principal } from '../domain/principal.ts';
import type { PeopleStore } from '../store/people.ts';
import { type Accounts, createAccounts } from './accounts.ts';
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
  /** Somebody has asked for something: their session goes on. */
  used(principal: Principal): void;
  /** Writes what is kept in memory; called every few seconds. */
  save(): Promise<void>;
};

export const DEFAULT_SESSION_LIMITS: SessionLimits = { absoluteMs: 12 * 3_600_000, idleMs: 2 * 3_600_000 };

export type PeopleDeps = {
  store: PeopleStore;
  /** What dates. */
  now: () => number;
  /** What measures waits, rates and ages: nobody sets it. */
  monotonic: () => number;
  limits: SessionLimits;
};

export async function createPeople({ store, now, monotonic, limits }: PeopleDeps): Promise<People> {
  const passwords = createPasswords();
  const sessions = await createSessions(store, limits, now, monotonic);
  const links = createLinkTokens(store, now);
  const throttle = createSignInThrottle(monotonic);
  return {
    accounts: createAccounts({ store, passwords, throttle, now }),
    sessions,
    links,
    signIn: createSignIn({ store, passwords, sessions, links, throttle, monotonic }),
    used(principal) {
      if (principal.kind === 'account') sessions.used(principal.sessionId);
      else links.used(principal.id);
    },
    async save() {
      const notes = sessions.takeNotes();
      const usedLinks = links.takeNotes();
      const { used, over } = notes;
      if (used.length + over.length + usedLinks.length === 0) return;
      try {
        await store.noteUse({ sessions: used, links: usedLinks, over });
      } catch (error) {
        sessions.giveBack(notes);
        links.giveBack(usedLinks);
        throw error;
      }
      sessions.noted(notes);
    },
  };
}
