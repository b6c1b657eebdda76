/** An HTTP client of the gateway that keeps a session, as a browser would. */

export type TestClient = {
  readonly httpUrl: string;
  /** The Cookie header; signs in first, if need be. */
  cookie(): Promise<string>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** With a JSON body, if there is one. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
  /** @throws Error for every answer that is not 2xx. */
  getJson<T>(path: string): Promise<T>;
};

/** `signIn` is asked for a cookie at first, and again when the session has ended. */
export function createClient(httpUrl: () => string, signIn: () => Promise<string>): TestClient {
  let signedIn: Promise<string> | null = null;
  const cookie = () => {
    signedIn ??= signIn().catch((error: unknown) => {
      signedIn = null;
      throw error;
    });
    return signedIn;
  };
  const once = async (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    headers.set('cookie', await cookie());
    return fetch(httpUrl() + path, { ...init, headers });
  };
  const client: TestClient = {
    get httpUrl() {
      return httpUrl();
    },
    cookie,
    async fetch(path, init = {}) {
      const response = await once(path, init);
      if (response.status !== 401) return response;
      signedIn = null;
      return once(path, init);
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
