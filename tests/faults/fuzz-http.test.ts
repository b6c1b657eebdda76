/**
 * Every route of the API as its own description has it (OpenAPI), with good, bordering, wrong, oversized and hostile values
 * for every parameter and field: no answer is a failure of the gateway's, every refusal has the form of one, and nothing
 * that is inside gets out. Promise D.
 */
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADMIN_PASSWORD } from '../support/gateway.ts';
import { readMetrics } from '../support/metrics.ts';
import { openPlainSocket } from '../support/raw-mqtt.ts';
import { expectScoresEqualRecount } from '../support/recount.ts';
import { hostileFor, type JsonSchema, validFor } from '../support/schema-values.ts';
import { tellFigure } from './figures.ts';
import { BYTE_MUTATIONS } from './mutations.ts';
import { scaled, seed, seededRandom } from './seed.ts';
import { startTown, type Town } from './town.ts';

type Parameter = {
  in: 'query' | 'path' | 'header' | 'cookie';
  name: string;
  required?: boolean;
  schema: JsonSchema;
};
type Operation = {
  method: string;
  path: string;
  parameters: Parameter[];
  body: JsonSchema | null;
  /** Content types by status, where the description names any. */
  produces: Map<string, string[]>;
  /** `STATUS code` of every refusal that the description names. */
  refused: Set<string>;
};
type Request = { path: string; init: RequestInit };

/** What asks too often is refused before its values are looked at, and then this would test nothing but that. */
const UNHURRIED = { env: { MANYI_REQUESTS_PER_S: '1000000' } };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** Would end the session that asks, so it is asked without one. */
const SIGN_OUT = 'DELETE /api/v1/session';
/** Three of four: without a session, most values are never looked at. */
const signedIn = fc.nat(3).map((drawn) => drawn > 0);

async function readOperations(town: Town): Promise<Operation[]> {
  type Described = {
    parameters?: Parameter[];
    requestBody?: { content?: Record<string, { schema?: JsonSchema }> };
    responses?: Record<string, { content?: Record<string, { schema?: JsonSchema }> }>;
  };
  const { paths } = await town.gateway.getJson<{ paths: Record<string, Record<string, Described>> }>(
    '/api/docs/json',
  );
  return Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method): Operation[] => {
      const described = methods[method];
      if (!described) return [];
      const { parameters = [], requestBody, responses = {} } = described;
      const produces = Object.entries(responses).flatMap(([status, { content }]) =>
        content ? [[status, Object.keys(content)] as const] : [],
      );
      const refused = new Set(
        Object.entries(responses).flatMap(([status, { content }]) =>
          codesOf(content?.['application/json']?.schema).map((code) => `${status} ${code}`),
        ),
      );
      const body = Object.values(requestBody?.content ?? {})[0]?.schema ?? null;
      return [{ method: method.toUpperCase(), path, parameters, body, produces: new Map(produces), refused }];
    }),
  );
}

function codesOf(schema: unknown): string[] {
  type ErrorSchema = { properties?: { error?: { properties?: { code?: { enum?: string[] } } } } };
  return (schema as ErrorSchema | undefined)?.properties?.error?.properties?.code?.enum ?? [];
}

const asText = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function queryOf(parameters: Parameter[]): Arbitrary<string> {
  const parts = parameters.map(({ name, schema }) => {
    const good = validFor(schema).map((value) => [[name, asText(value)]]);
    const bad = hostileFor(schema).map((value) => [[name, asText(value)]]);
    const twice = fc.tuple(good, good).map(([one, other]) => [...one, ...other]);
    const none = fc.constant<string[][]>([]);
    return fc.oneof({ weight: 5, arbitrary: good }, { weight: 3, arbitrary: bad }, twice, none);
  });
  const stranger = fc.oneof(
    { weight: 6, arbitrary: fc.constant<string[][]>([]) },
    hostileFor({}).map((value) => [[asText(value).slice(0, 50), 'x']]),
  );
  return fc
    .tuple(...parts, stranger)
    .map((pairs) => new URLSearchParams(pairs.flat() as [string, string][]).toString());
}

const HEADERS: Record<string, string>[] = [
  { 'content-type': 'application/json' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'application/json; charset=utf-7' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  { accept: 'image/png', range: 'bytes=0-1', 'if-none-match': '*' },
  { origin: 'https://evil.example', 'x-forwarded-for': '127.0.0.1', 'x-http-method-override': 'DELETE' },
  { cookie: 'session=%00; __proto__=1', authorization: 'Bearer x' },
  { 'x-long': 'y'.repeat(7_000) },
];

function bodyOf(schema: JsonSchema | null): Arbitrary<string> {
  const json = schema
    ? fc.oneof({ weight: 4, arbitrary: validFor(schema) }, { weight: 5, arbitrary: hostileFor(schema) })
    : hostileFor({});
  const broken = [
    '',
    '{',
    '[[',
    '{"a":',
    '\u0000',
    `${'['.repeat(20_000)}`,
    'x'.repeat(70_000),
    '{"a":1}{"a":1}',
  ];
  return fc.oneof(
    { weight: 6, arbitrary: json.map((value) => JSON.stringify(value) ?? '') },
    fc.constantFrom(...broken),
  );
}

function requestFor(operation: Operation): Arbitrary<Request> {
  const inPath = operation.parameters.filter((one) => one.in === 'path');
  const values = fc.tuple(
    ...inPath.map(({ schema }) => fc.oneof(validFor(schema), hostileFor(schema)).map(asText)),
  );
  const headers = fc.oneof(
    { weight: 3, arbitrary: fc.constant(HEADERS[0] as Record<string, string>) },
    fc.constantFrom(...HEADERS),
  );
  const query = queryOf(operation.parameters.filter((one) => one.in === 'query'));
  return fc
    .record({ values, query, headers, body: bodyOf(operation.body) })
    .map(({ values, query, headers, body }) => {
      const path = inPath.reduce(
        (filled, { name }, at) =>
          filled.replace(`{${name}}`, encodeURIComponent(Buffer.from(values[at] ?? '').toString())),
        operation.path,
      );
      const { method } = operation;
      const sends = method !== 'GET' && method !== 'HEAD';
      const given: RequestInit = { method, headers, redirect: 'manual' };
      return { path: query ? `${path}?${query}` : path, init: sends ? { ...given, body } : given };
    });
}

/** What must never be said to anyone: what the process was given in confidence, and where and how it is built. */
function createLeakCheck(town: Town): (text: string) => void {
  const secrets = [ADMIN_PASSWORD, ...town.logins.map(({ identity }) => identity.key)];
  const inside = [...secrets, town.gateway.dataDir, 'node_modules', 'SQLITE_'];
  return (text) => {
    for (const secret of inside) expect(text.includes(secret), 'an answer tells what is inside').toBe(false);
    expect(text).not.toMatch(/\n\s+at .+:\d+:\d+/);
  };
}

describe('a fuzzer on the HTTP port', () => {
  it('gets an orderly answer from every route, whatever it asks', async () => {
    const town = await startTown(['1', '2', '3'], UNHURRIED);
    const operations = await readOperations(town);
    expect(operations.length).toBeGreaterThan(4);
    const expectNoLeak = createLeakCheck(town);
    const seen = new Map<number, number>();
    let dropped = 0;

    const ask = async ({ path, init }: Request, signedIn: boolean): Promise<Response | null> => {
      try {
        return await (signedIn ? town.gateway.fetch(path, init) : fetch(town.gateway.httpUrl + path, init));
      } catch (error) {
        // A body that is refused before it is read to its end can meet a closed connection; nothing else may.
        const size = String(init.body ?? '').length;
        if (size < 60_000 || !(error instanceof TypeError)) throw error;
        dropped += 1;
        return null;
      }
    };
    const expectOrderly = async (operation: Operation, request: Request, signedIn: boolean) => {
      const response = await ask(request, signedIn);
      if (response === null) return;
      const text = await response.text();
      const type = response.headers.get('content-type') ?? '';
      seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
      expect(response.status, text.slice(0, 500)).toBeLessThan(500);
      expectNoLeak(text);
      expectNoLeak([...response.headers.values()].join('\n'));
      if (response.status >= 400) {
        expect(type).toMatch(/^application\/json/);
        const { error } = JSON.parse(text) as { error: { code: string; message: string } };
        expect(error.code).toMatch(/^[a-z][a-z0-9-]+$/);
        expect(error.code).not.toBe('rate-limited');
        expect(error.message.length).toBeGreaterThan(0);
        // An empty or odd value in a path asks for another route.
        if (error.code !== 'route-unknown')
          expect([...operation.refused], `${operation.method} ${request.path}`).toContain(
            `${response.status} ${error.code}`,
          );
        return;
      }
      const declared = operation.produces.get(String(response.status));
      if (declared && text !== '')
        expect(
          declared.some((one) => type.startsWith(one)),
          type,
        ).toBe(true);
    };

    for (const operation of operations) {
      const signsOut = `${operation.method} ${operation.path}` === SIGN_OUT;
      await fc.assert(
        fc.asyncProperty(requestFor(operation), signedIn, (request, known) =>
          expectOrderly(operation, request, known && !signsOut),
        ),
        { seed: seed % 2 ** 31, numRuns: scaled(40, 1_000), endOnFailure: true },
      );
    }
    const counts = [...seen].sort().map(([status, count]) => `${count} × ${status}`);
    tellFigure(
      `${operations.length} operations: ${counts.join(', ')}; ${dropped} closed before the body's end`,
    );
    expect(await (await fetch(`${town.gateway.httpUrl}/healthz`)).json()).toEqual({ status: 'ok' });
    expectNoLeak(
      town.gateway
        .log()
        .split('\n')
        .filter((line) => !line.includes('"gateway ready"'))
        .join(' '),
    );
    await expectScoresEqualRecount(town.gateway);
    expect(await town.gateway.stop()).toBe(0);
  });

  it('gets an orderly answer, or none, to bytes that are no request', async () => {
    const town = await startTown(['1'], UNHURRIED);
    const random = seededRandom('fuzz http bytes');
    const good = [
      'GET /api/v1/scores?period=today HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'POST /api/v1/units HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
      'GET /api/v1/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      'POST /api/v1/units HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ];
    const expectNoLeak = createLeakCheck(town);
    const before = (await readMetrics(town.gateway)).of('process_resident_memory_bytes');
    const answers = new Map<string, number>();
    const sendBytes = async () => {
      const bytes = random.pick(BYTE_MUTATIONS)(Buffer.from(random.pick(good)), random);
      const socket = openPlainSocket(town.gateway.httpPort);
      let text = '';
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.on('data', (data) => {
        text += String(data);
      });
      socket.write(bytes);
      const patience = setTimeout(() => socket.destroy(), 150);
      await closed;
      clearTimeout(patience);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 'none';
      answers.set(status, (answers.get(status) ?? 0) + 1);
      expect(Number(status === 'none' ? 0 : status), text.slice(0, 300)).toBeLessThan(500);
      expectNoLeak(text);
    };
    for (let round = 0; round < scaled(10, 300); round++)
      await Promise.all(Array.from({ length: 20 }, () => sendBytes()));
    tellFigure(
      [...answers]
        .sort()
        .map(([status, count]) => `${count} × ${status}`)
        .join(', '),
    );
    const grown = (await readMetrics(town.gateway)).of('process_resident_memory_bytes') - before;
    expect(grown).toBeLessThan(150 * 2 ** 20);
    expect(await town.gateway.stop()).toBe(0);
  });
});
