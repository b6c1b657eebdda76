import { type ReadonlySignal, signal } from '@preact/signals';
import type { Session } from '../../../protocol/session.ts';
import type { Account, Answer, Refusal, SessionApi } from '../session/api.ts';
import { type Obstacle, readObstacle } from '../session/obstacle.ts';

/** `asking` whether somebody is signed in already; `entering` when the next page is on its way. */
export type Step =
  | { name: 'asking' }
  | { name: 'credentials' }
  | { name: 'new-password'; account: Account; current: string | null }
  | { name: 'entering' };

export type Trouble =
  | { kind: 'wrong' }
  /** `until` on the monotonic clock, milliseconds. */
  | { kind: 'throttled'; until: number }
  | { kind: 'unreachable'; obstacle: Obstacle | null }
  | { kind: 'obstacle'; obstacle: Obstacle }
  | { kind: 'failed' };

export type SignIn = {
  step: ReadonlySignal<Step>;
  busy: ReadonlySignal<boolean>;
  trouble: ReadonlySignal<Trouble | null>;
  submit(name: string, password: string): Promise<void>;
  /** After the gateway could not be reached: what was tried last, again. */
  retry(): void;
  passwordChanged(): void;
  useOtherAccount(): Promise<void>;
};

export type SignInDeps = {
  api: SessionApi;
  /** Where to go afterwards; a page of this origin. */
  next: string;
  goTo(address: string): void;
  wait(ms: number): Promise<void>;
  monotonicMs(): number;
};

const ASK_AGAIN_MS = 4_000;

export function createSignIn({ api, next, goTo, wait, monotonicMs }: SignInDeps): SignIn {
  const step = signal<Step>({ name: 'asking' });
  const busy = signal(false);
  const trouble = signal<Trouble | null>(null);
  let again: () => void = () => void look();

  function enter(): void {
    step.value = { name: 'entering' };
    goTo(next);
  }

  function admit({ account, mustChangePassword }: Session, password: string | null): void {
    trouble.value = null;
    if (mustChangePassword) step.value = { name: 'new-password', account, current: password };
    else enter();
  }

  /** A wall link's session is no person's: whoever comes here with one wants to sign in. */
  async function look(): Promise<void> {
    const answer = await api.whoAmI();
    if (step.peek().name !== 'asking' && step.peek().name !== 'credentials') return;
    if (answer.ok && answer.value.account.role !== 'wall') return admit(answer.value, null);
    step.value = { name: 'credentials' };
    if (!answer.ok && answer.refusal.code === 'unreachable')
      void awaitGateway(answer.refusal, () => void look());
    else if (trouble.peek()?.kind === 'unreachable') trouble.value = null;
  }

  /** Says that the gateway is away until it is back. */
  async function awaitGateway(refusal: Refusal, whatFailed: () => void): Promise<void> {
    again = whatFailed;
    if (trouble.peek()?.kind === 'unreachable') return;
    trouble.value = { kind: 'unreachable', obstacle: readObstacle(refusal) };
    for (;;) {
      await wait(ASK_AGAIN_MS);
      if (trouble.peek()?.kind !== 'unreachable') return;
      const answer = await api.whoAmI();
      if (answer.ok || answer.refusal.code !== 'unreachable') break;
    }
    if (trouble.peek()?.kind !== 'unreachable') return;
    trouble.value = null;
    void look();
  }

  async function submit(name: string, password: string): Promise<void> {
    if (busy.peek()) return;
    busy.value = true;
    const answer: Answer<Session> = await api.signIn(name, password);
    busy.value = false;
    if (answer.ok) admit(answer.value, password);
    else refuse(answer.refusal, () => void submit(name, password));
  }

  function refuse(refusal: Refusal, whatFailed: () => void): void {
    const { code, retryAfterS } = refusal;
    const obstacle = readObstacle(refusal);
    if (code === 'unreachable') void awaitGateway(refusal, whatFailed);
    else if (code === 'credentials-wrong') trouble.value = { kind: 'wrong' };
    else if (retryAfterS !== null)
      trouble.value = { kind: 'throttled', until: monotonicMs() + retryAfterS * 1_000 };
    else trouble.value = obstacle === null ? { kind: 'failed' } : { kind: 'obstacle', obstacle };
  }

  async function useOtherAccount(): Promise<void> {
    const answer = await api.signOut();
    if (!answer.ok && answer.refusal.code === 'unreachable')
      return void awaitGateway(answer.refusal, () => void useOtherAccount());
    trouble.value = null;
    step.value = { name: 'credentials' };
  }

  void look();
  return { step, busy, trouble, submit, retry: () => again(), passwordChanged: enter, useOtherAccount };
}
