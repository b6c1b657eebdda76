import { type ReadonlySignal, signal } from '@preact/signals';
import type { Session } from '../../../protocol/session.ts';
import { CLOSED_SESSION_ENDED, type Loss } from '../live/socket.ts';
import type { Account, Answer, SessionApi } from './api.ts';
import { readLinkToken } from './link-token.ts';
import { type Reason, signInAddress } from './next-path.ts';
import { type Obstacle, readObstacle } from './obstacle.ts';

/**
 * What the wall knows about its session. `ended`: a person's, who is being led to the sign-in page. `link-dead`: a
 * wall that hangs there without anybody to sign in; it waits for a session to come.
 */
export type WallSession =
  | { state: 'asking' }
  | { state: 'open'; account: Account }
  | { state: 'ended' }
  | { state: 'link-dead'; account: Account | null };

export type Keeper = {
  session: ReadonlySignal<WallSession>;
  /** As of the last attempt to listen. */
  obstacle: ReadonlySignal<Obstacle | null>;
  /**
   * Asked before every attempt to listen live. True: listen. False: the gateway cannot tell, try again later. While
   * there is no session, it does not answer.
   */
  admit(loss: Loss | null): Promise<boolean>;
  signOut(): Promise<boolean>;
};

export type KeeperDeps = {
  api: SessionApi;
  /** The page's own address. */
  page: Pick<Location, 'pathname' | 'search' | 'hash' | 'origin'>;
  /** Takes the token out of the address bar and out of the history. */
  forgetFragment(): void;
  /** Remembers, as long as the tab lives, that it was opened by a wall link. */
  linkMemory: { remember(opened: boolean): void; recall(): boolean };
  goTo(address: string): void;
  wait(ms: number): Promise<void>;
};

/** The banner stands this long before the sign-in page takes its place. */
export const FAREWELL_MS = 4_000;
/** A wall without a session asks this seldom. */
export const POLL_MS = 20_000;

export function createKeeper({ api, page, forgetFragment, linkMemory, goTo, wait }: KeeperDeps): Keeper {
  const session = signal<WallSession>({ state: 'asking' });
  const obstacle = signal<Obstacle | null>(null);
  /** Attempts in a row that did not open although there is a session. */
  let unopened = 0;
  const next = page.pathname + page.search;
  /** Kept in memory alone, so that a link that is still good brings its wall back after its session was ended. */
  let linkToken = readLinkToken(page.hash);
  let exchanged = false;
  let leaving = false;

  /** A link that has just been opened wins over the cookie of an earlier session. */
  async function ask(): Promise<Answer<Session>> {
    if (linkToken !== null && !exchanged) return exchange(linkToken);
    const known = await api.whoAmI();
    const gone = !known.ok && known.refusal.code === 'sign-in-required';
    return gone && linkToken !== null ? exchange(linkToken) : known;
  }

  async function exchange(token: string): Promise<Answer<Session>> {
    const answer = await api.openByLink(token);
    const refused = !answer.ok && answer.refusal.code === 'token-wrong';
    if (!answer.ok && !refused) return answer;
    exchanged = true;
    if (refused) linkToken = null;
    linkMemory.remember(true);
    forgetFragment();
    return answer;
  }

  async function admit(loss: Loss | null): Promise<boolean> {
    if (loss === null || loss.opened) {
      unopened = 0;
      obstacle.value = null;
    }
    if (loss?.opened && loss.code !== CLOSED_SESSION_ENDED && session.peek().state === 'open') return true;
    for (;;) {
      const answer = await ask();
      if (leaving) return never();
      if (answer.ok) {
        if (session.peek().state === 'open' && loss?.opened === false) await lookForObstacle();
        const { account, mustChangePassword } = answer.value;
        if (mustChangePassword) return leave(null);
        linkMemory.remember(account.role === 'wall');
        session.value = { state: 'open', account };
        return true;
      }
      const { code, retryAfterS } = answer.refusal;
      unopened = 0;
      obstacle.value = readObstacle(answer.refusal);
      if (code === 'sign-in-required' || code === 'token-wrong') {
        if (!linkMemory.recall()) return depart();
        const before = session.peek();
        session.value = { state: 'link-dead', account: 'account' in before ? before.account : null };
        await wait(POLL_MS);
      } else if (retryAfterS !== null) {
        await wait(retryAfterS * 1_000);
      } else {
        return false;
      }
    }
  }

  /** The first attempt may have met a gateway that was just starting. */
  async function lookForObstacle(): Promise<void> {
    unopened += 1;
    if (unopened > 1) obstacle.value = readObstacle(await api.whyNotLive(page.origin));
  }

  /** Somebody who was looking at the wall is told first. */
  async function depart(): Promise<boolean> {
    if (session.peek().state !== 'open') return leave(null);
    session.value = { state: 'ended' };
    await wait(FAREWELL_MS);
    return leave('session-ended');
  }

  function leave(reason: Reason | null): Promise<boolean> {
    leaving = true;
    goTo(signInAddress(next, reason));
    return never();
  }

  async function signOut(): Promise<boolean> {
    leaving = true;
    const answer = await api.signOut();
    if (answer.ok || answer.refusal.code === 'sign-in-required') {
      goTo(signInAddress(next, 'signed-out'));
      return true;
    }
    leaving = false;
    return false;
  }

  return { session, obstacle, admit, signOut };
}

function never(): Promise<never> {
  return new Promise(() => {});
}
