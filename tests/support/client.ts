/** HTTP clients of the gateway: people with a session, and programs with the token of a link. */
import { randomBytes } from 'node:crypto';

export type TestClient = {
  readonly httpUrl: string;
  /** What says who it is; signs in first, if need be. */
  headers(): Promise<Record<string, string>>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** With a JSON body, if there is one. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
  /** @throws Error for every answer that is not 2xx. */
  getJson<T>(path: string): Promise<T>;
};

export function createClient(
  httpUrl: () => string,
  headers: () => Promise<Record<string, string>>,
): TestClient {
  const client: TestClient = {
    get httpUrl() {
      return httpUrl();
    },
    headers,
    async fetch(path, init = {}) {
      const sent = new Headers(init.headers);
      for (const [name, value] of Object.entries(await headers())) sent.set(name, value);
      return fetch(httpUrl() + path, { ...init, headers: sent });
    },
    send: (method, path, body) =>
      client.fetch(path, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    async getJson<T>(path: string): Promise<T> {
      const response = await client.fetch(path);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
  };
  return client;
}

/** Signs in when it is first asked for something; the session outlives restarts of the gateway. */
export function createSessionClient(httpUrl: () => string, name: string, password: string): TestClient {
  let session: Promise<string> | null = null;
  return createClient(httpUrl, async () => {
    session ??= openSession(httpUrl(), { name, password });
    session.catch(() => {
      session = null;
    });
    return { cookie: await session };
  });
}

/** A program that has the token of a link. */
export function createLinkClient({ httpUrl }: TestClient, token: string): TestClient {
  return createClient(
    () => httpUrl,
    async () => ({ authorization: `Bearer ${token}` }),
  );
}

/** Whose one-time password has been changed. @param administrator who makes the account. */
export async function addAccount(
  administrator: TestClient,
  account: { name: string; displayName?: string; role: string; unitId?: string },
): Promise<TestClient & { password: string }> {
  const added = await administrator.send('POST', '/api/v1/accounts', {
    displayName: account.name,
    ...account,
  });
  const { oneTimePassword: current } = (await added.json()) as { oneTimePassword: string };
  const client = createSessionClient(() => administrator.httpUrl, account.name, current);
  const password = `${randomBytes(12).toString('base64url')}`;
  const changed = await client.send('PUT', '/api/v1/session/password', { current, next: password });
  if (!changed.ok) throw new Error(`${account.name}: ${changed.status} ${await changed.text()}`);
  return { ...client, password };
}

/** @returns the token of a new link. */
export async function addLink(
  by: TestClient,
  link: { kind: 'wall' | 'metrics' | 'source'; unitId?: string; name?: string },
): Promise<{ id: string; token: string }> {
  const response = await by.send('POST', '/api/v1/links', { name: '测试链接', ...link });
  if (!response.ok) throw new Error(`link: ${response.status} ${await response.text()}`);
  const { link: made, token } = (await response.json()) as { link: { id: string }; token: string };
  return { id: made.id, token };
}

/** A request without a session. */
export function postSession(httpUrl: string, body: object, headers: Record<string, string> = {}) {
  return fetch(`${httpUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** The `name=value` of an answer's cookie. */
export function cookieOf(response: Response): string {
  const [pair = ''] = (response.headers.getSetCookie()[0] ?? '').split(';');
  if (pair === '') throw new Error(`no cookie: ${response.status}`);
  return pair;
}

/** @throws Error when the sign-in is refused. */
export async function openSession(httpUrl: string, body: object): Promise<string> {
  const response = await postSession(httpUrl, body);
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  return cookieOf(response);
}
