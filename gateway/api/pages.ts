import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** No inline script, nothing from elsewhere; styles may be set on elements, which charts need. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** A folder each below the root. Pages hold no data: anyone may fetch them, and they ask the API who is there. */
const PAGES = ['wall', 'sign-in', 'account'];
/** Named by their content, so a browser may keep them for ever. */
const ASSETS = 'assets';

/** The built pages at /wall/, /sign-in/ and /account/, and / leading to the wall. */
export async function registerPages(app: FastifyInstance, root: string): Promise<void> {
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/wall/'));
  for (const page of PAGES) {
    app.get(`/${page}`, { schema: { hide: true } }, (request, reply) => {
      const query = request.url.indexOf('?');
      return reply.redirect(`/${page}/${query < 0 ? '' : request.url.slice(query)}`);
    });
  }
  if (!existsSync(root)) {
    app.log.warn({ root }, 'the pages have not been built: run `npm run build`');
    return;
  }
  for (const folder of [...PAGES, ASSETS]) {
    await app.register(fastifyStatic, {
      root: join(root, folder),
      prefix: `/${folder}/`,
      decorateReply: false,
      setHeaders(reply) {
        const immutable = folder === ASSETS;
        reply.setHeader('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
        reply.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
        reply.setHeader('x-content-type-options', 'nosniff');
        reply.setHeader('referrer-policy', 'no-referrer');
      },
    });
  }
}
