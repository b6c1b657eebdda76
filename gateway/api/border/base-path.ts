/**
 * The path that everything is served below (`MANYI_BASE_PATH`). Requests come with it: a proxy in front passes the path on as
 * it is. Inside, routes and the policy are spelt without it; redirects, cookies and the description carry it.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Refusal } from './errors.ts';

export type BasePath = {
  /** `` or `/manyi`. */
  path: string;
  /** What an address is inside; null for one that does not begin with the path. */
  below(url: string): string | null;
  /** For Fastify. */
  rewrite(request: IncomingMessage): string;
  missing(): Refusal;
};

/** Whoever watches the process asks it directly, and need not know where its pages are. */
const ANYWHERE = /^\/(healthz|readyz|metrics)(\?|$)/;

export function createBasePath(path: string): BasePath {
  const below = (url: string): string | null => {
    if (!url.startsWith(path)) return ANYWHERE.test(url) ? url : null;
    const rest = url.slice(path.length);
    if (rest.startsWith('/')) return rest;
    return rest === '' || rest.startsWith('?') ? `/${rest}` : null;
  };
  return {
    path,
    below,
    rewrite: ({ url = '/' }) => below(url) ?? url,
    missing: () =>
      new Refusal(
        404,
        'base-path-missing',
        `this gateway is served below ${path}/ (MANYI_BASE_PATH): ask for ${path}/wall/. A proxy in front must pass the path on as it came, not without ${path}`,
      ),
  };
}

/** Before every other hook. */
export function registerBasePath(app: FastifyInstance, { path, below, missing }: BasePath): void {
  if (path === '') return;
  app.addHook('onRequest', async ({ originalUrl }) => {
    if (below(originalUrl) === null) throw missing();
  });
  app.addHook('onSend', async (_request, reply, payload) => {
    const location = reply.getHeader('location');
    if (typeof location === 'string' && location.startsWith('/')) reply.header('location', path + location);
    return payload;
  });
}
