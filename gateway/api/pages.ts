import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** A folder each below the root. Pages hold no data: anyone may fetch them, and they ask the API who is there. */
const PAGES = ['wall', 'sign-in', 'account'];
/** Named by their content, so a browser may keep them for ever; a page itself is asked for again every time. */
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
      // Made with the pages: see dashboard/vite.config.ts.
      preCompressed: true,
      ...(folder === ASSETS && { maxAge: '365d', immutable: true }),
    });
  }
}
