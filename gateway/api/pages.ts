import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

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
    },
  });
}
