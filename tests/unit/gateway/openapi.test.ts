/** The description of the API: complete, true to the policy, and clean by the rules of Redocly. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POLICY, policyKey } from '../../../gateway/api/border/policy.ts';
import { OPERATIONS } from '../../../gateway/api/description/operations.ts';
import { createApp, type TestApp } from '../../support/app.ts';
import { createStoreHome, type StoreHome } from '../../support/store.ts';

type Response = { content?: Record<string, { schema: { properties?: { error?: unknown } } }> };
type Operation = {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: { name: string; description?: string; schema: object }[];
  requestBody?: { content: object };
  responses: Record<string, Response>;
};
type Document = { paths: Record<string, Record<string, Operation>> };

let home: StoreHome;
let app: TestApp;
let store: ReturnType<StoreHome['open']>;
let document: Document;
beforeAll(async () => {
  home = createStoreHome();
  store = home.open();
  app = await createApp(store);
  await app.app.ready();
  document = (app.app as unknown as { swagger(): Document }).swagger();
});
afterAll(async () => {
  await app.close();
  store.close();
  home.dispose();
});

const operations = (): [key: string, operation: Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      operation,
    ]),
  );

describe('the description of the API', () => {
  it('has every route that is not a page, each under a name of its own', () => {
    const routes = [...app.app.routeKeys].filter((key) =>
      /^\w+ \/(api\/v1\/|healthz|readyz|metrics)/.test(key),
    );
    expect(
      operations()
        .map(([key]) => key)
        .sort(),
    ).toEqual(routes.sort());
    // No line in gateway/api/description/operations.ts? Say there what a client calls the operation, and what refusals are its own.
    expect(routes.filter((key) => !Object.hasOwn(OPERATIONS, key))).toEqual([]);
    expect(Object.keys(OPERATIONS).sort()).toEqual(routes.sort());
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
  });

  it('says of each who may, with what, what comes and what may be refused', () => {
    for (const [key, operation] of operations()) {
      const isPublic = POLICY[policyKey(...(key.split(' ') as [string, string]))] === 'public';
      expect(operation.summary, key).toBeTruthy();
      expect(operation.tags, key).toHaveLength(1);
      expect(operation.security, key).toHaveLength(isPublic ? 0 : 3);
      for (const parameter of operation.parameters ?? [])
        expect(parameter.description, `${key} ${parameter.name}`).toBeTruthy();
      expect(Object.hasOwn(operation.responses, '401'), key).toBe(
        !isPublic || key === 'POST /api/v1/session',
      );
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (Number(status) >= 400 && key !== 'GET /readyz')
          expect(content?.['application/json']?.schema.properties?.error, `${key} ${status}`).toBeTruthy();
        else if (!['204', '101', '304'].includes(status)) expect(content, `${key} ${status}`).toBeTruthy();
      }
    }
    const votes = document.paths['/api/v1/votes']?.get?.responses['200']?.content ?? {};
    expect(Object.keys(votes)).toEqual(['application/json', 'text/csv']);
    expect(Object.keys(document.paths['/metrics']?.get?.responses['200']?.content ?? {})).toEqual([
      'text/plain',
    ]);
  });

  it('passes the recommended rules of redocly lint, warnings too', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`),
    ).toEqual([]);
  });
});
