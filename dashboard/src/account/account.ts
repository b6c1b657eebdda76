import { type ReadonlySignal, signal } from '@preact/signals';
import type { Session, SessionItem } from '../../../protocol/session.ts';
import type { Answer, SessionApi } from '../session/api.ts';
import { HOME, signInAddress } from '../session/next-path.ts';

export type Outcome =
  | { kind: 'ended'; count: number }
  | { kind: 'password-changed' }
  | { kind: 'unreachable' }
  | { kind: 'failed' };

export type AccountModel = {
  /** Null until the gateway has said who is there. */
  session: ReadonlySignal<Session | null>;
  unitName: ReadonlySignal<string | null>;
  /** This device first, then the one used last; null until they are known. */
  rows: ReadonlySignal<readonly SessionItem[] | null>;
  /** The sessions that are being ended. */
  ending: ReadonlySignal<ReadonlySet<string>>;
  outcome: ReadonlySignal<Outcome | null>;
  /** The gateway's time, milliseconds since the epoch. */
  now(): number;
  end(ids: readonly string[]): Promise<void>;
  passwordChanged(): Promise<void>;
  signOut(): Promise<void>;
  retry(): void;
};

export type AccountDeps = {
  api: SessionApi;
  /** This page's own address, to come back to. */
  here: string;
  goTo(address: string): void;
  wait(ms: number): Promise<void>;
};

const ASK_AGAIN_MS = 4_000;

export function createAccount({ api, here, goTo, wait }: AccountDeps): AccountModel {
  const session = signal<Session | null>(null);
  const unitName = signal<string | null>(null);
  const rows = signal<readonly SessionItem[] | null>(null);
  const ending = signal<ReadonlySet<string>>(new Set());
  const outcome = signal<Outcome | null>(null);

  /** What a refusal means for the page; the sign-in page where there is nobody any more. */
  function refuse({ ok, ...rest }: Answer<unknown>): void {
    if (ok || !('refusal' in rest)) return;
    const { code } = rest.refusal;
    if (code === 'sign-in-required')
      goTo(signInAddress(here, session.peek() === null ? null : 'session-ended'));
    else if (code === 'password-change-required') goTo(signInAddress(here, null));
    else outcome.value = { kind: code === 'unreachable' ? 'unreachable' : 'failed' };
  }

  async function load(): Promise<void> {
    for (;;) {
      const answer = await api.whoAmI();
      if (answer.ok) {
        if (answer.value.account.role === 'wall') return goTo(HOME);
        if (answer.value.mustChangePassword) return goTo(signInAddress(here, null));
        session.value = answer.value;
        if (outcome.peek()?.kind === 'unreachable') outcome.value = null;
        break;
      }
      refuse(answer);
      if (answer.refusal.code !== 'unreachable') return;
      await wait(ASK_AGAIN_MS);
    }
    const { account } = session.value;
    const [name] = await Promise.all([api.unitName(account), loadRows()]);
    unitName.value = name;
  }

  async function loadRows(): Promise<void> {
    const answer = await api.sessions();
    if (!answer.ok) return refuse(answer);
    const name = session.peek()?.account.name;
    rows.value = answer.value
      .filter(({ account }) => account === name)
      .sort((a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt - a.lastUsedAt);
  }

  async function end(ids: readonly string[]): Promise<void> {
    outcome.value = null;
    ending.value = new Set([...ending.peek(), ...ids]);
    const answers = await Promise.all(ids.map((id) => api.endSession(id)));
    ending.value = new Set([...ending.peek()].filter((id) => !ids.includes(id)));
    // One that is gone already is as good as ended.
    const failed = answers.find((answer) => !answer.ok && answer.refusal.code !== 'session-unknown');
    if (failed !== undefined) refuse(failed);
    else outcome.value = { kind: 'ended', count: ids.length };
    await loadRows();
  }

  async function passwordChanged(): Promise<void> {
    outcome.value = { kind: 'password-changed' };
    await loadRows();
  }

  async function signOut(): Promise<void> {
    const answer = await api.signOut();
    if (answer.ok || answer.refusal.code === 'sign-in-required') goTo(signInAddress(HOME, 'signed-out'));
    else refuse(answer);
  }

  void load();
  return {
    session,
    unitName,
    rows,
    ending,
    outcome,
    now: api.now,
    end,
    passwordChanged,
    signOut,
    retry: () => void (session.peek() === null ? load() : loadRows()),
  };
}
