import type { Session, SessionItem } from '../../../protocol/session.ts';

/** Whose session it is: a person's, or a wall link's with the role `wall`. */
export type Account = Session['account'];

/**
 * A coded refusal of the gateway; `unreachable` where there was no answer of the gateway at all. `foreignStatus` then is the
 * status of whatever has answered in its place (a proxy, a network that wants one to sign in), null where nothing has.
 */
export type Refusal = {
  code: string;
  message: string;
  retryAfterS: number | null;
  foreignStatus: number | null;
};
export type Answer<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

export type SessionApi = {
  whoAmI(): Promise<Answer<Session>>;
  signIn(name: string, password: string): Promise<Answer<Session>>;
  openByLink(linkToken: string): Promise<Answer<Session>>;
  signOut(): Promise<Answer<null>>;
  changePassword(current: string, next: string): Promise<Answer<null>>;
  sessions(): Promise<Answer<SessionItem[]>>;
  endSession(id: string): Promise<Answer<null>>;
  /** The name of a unit, or null where there is none to be seen. */
  unitName(account: Account): Promise<string | null>;
  /** Milliseconds since the epoch by whoever has answered last, which is to be trusted more than the clock of the desk. */
  now(): number;
  /** Why the live stream, asked for from a page of this origin, does not open: as a refusal, which it always is. */
  whyNotLive(origin: string): Promise<Refusal>;
};

const TIMEOUT_MS = 10_000;

/** AbortSignal.timeout is younger than the oldest browser that the pages are for. */
function abortAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller.signal;
}

export function createSessionApi(fetchFrom: typeof fetch): SessionApi {
  let told: { date: number; at: number } | null = null;

  function hearDate(response: Response): void {
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isFinite(date)) told = { date, at: performance.now() };
  }

  async function ask<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    try {
      const response = await fetchFrom(`../api/v1/${path}`, {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        // The API leads nowhere else: only a network that wants one to sign in first does.
        redirect: 'manual',
        signal: abortAfter(TIMEOUT_MS),
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      });
      hearDate(response);
      if (response.type === 'opaqueredirect')
        return { ok: false, refusal: { ...UNREACHABLE, foreignStatus: 302 } };
      if (!response.ok) return { ok: false, refusal: await readRefusal(response) };
      if (response.status === 204) return { ok: true, value: null as T };
      const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
      if (!isJson) return { ok: false, refusal: answeredBy(response) };
      return { ok: true, value: (await response.json()) as T };
    } catch {
      return { ok: false, refusal: UNREACHABLE };
    }
  }

  return {
    whoAmI: () => ask('GET', 'session'),
    signIn: (name, password) => ask('POST', 'session', { name, password }),
    openByLink: (linkToken) => ask('POST', 'session', { linkToken }),
    signOut: () => ask('DELETE', 'session'),
    changePassword: (current, next) => ask('PUT', 'session/password', { current, next }),
    sessions: () => ask('GET', 'sessions'),
    endSession: (id) => ask('DELETE', `sessions/${encodeURIComponent(id)}`),
    now: () => (told === null ? Date.now() : told.date + performance.now() - told.at),
    async whyNotLive(origin) {
      const answer = await ask<null>('GET', `live?${new URLSearchParams({ origin })}`);
      // A page in the place of the API: not the gateway's.
      return answer.ok ? { ...UNREACHABLE, foreignStatus: 200 } : answer.refusal;
    },
    async unitName({ unitId }) {
      if (unitId === null) return null;
      const units = await ask<{ id: string; name: string }[]>('GET', 'units');
      return (units.ok && units.value.find(({ id }) => id === unitId)?.name) || null;
    },
  };
}

const UNREACHABLE: Refusal = { code: 'unreachable', message: '', retryAfterS: null, foreignStatus: null };
const answeredBy = ({ status }: Response): Refusal => ({ ...UNREACHABLE, foreignStatus: status });

/** What is not the gateway's own answer comes from something in between, while the gateway is away. */
async function readRefusal(response: Response): Promise<Refusal> {
  const body = (await response.json().catch(() => null)) as {
    error?: { code?: string; message?: string };
  } | null;
  const code = body?.error?.code;
  if (typeof code !== 'string') return answeredBy(response);
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  return {
    code,
    message: String(body?.error?.message ?? ''),
    retryAfterS: Number.isFinite(after) && after >= 0 ? after : null,
    foreignStatus: null,
  };
}
