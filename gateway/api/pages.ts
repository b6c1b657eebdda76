import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** No inline script, nothing from elsewhere; styles may be set on elements, which charts need. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The wall's built pages at /wall, and / leading there. */
export async function registerPages(app: FastifyInstance, root: string): Promise<void> {
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/wall/'));
  app.get('/wall', { schema: { hide: true } }, (request, reply) => {
    const query = request.url.indexOf('?');
    return reply.redirect(`/wall/${query < 0 ? '' : request.url.slice(query)}`);
  });
  if (!existsSync(root)) {
    app.log.warn({ root }, 'the wall has not been built: run `npm run build`');
    return;
  }
  await app.register(fastifyStatic, {
    root,
    prefix: '/wall/',
    decorateReply: false,
    setHeaders(reply, path) {
      const immutable = path.includes('/assets/');
      reply.setHeader('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      reply.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
      reply.setHeader('x-content-type-options', 'nosniff');
      reply.setHeader('referrer-policy', 'no-referrer');
    },
  });
}
