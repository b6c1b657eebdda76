import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Registry as MetricsRegistry } from 'prom-client';
import type { OrgTree } from '../domain/org.ts';
import type { Board } from '../live/board.ts';
import type { Hub } from '../live/hub.ts';
import type { Store } from '../store/store.ts';
import { registerErrors } from './errors.ts';
import { healthRoutes } from './health-routes.ts';
import { orgRoutes } from './org-routes.ts';
import { registerPages } from './pages.ts';
import { scoreRoutes } from './score-routes.ts';
import { takeUpgrades } from './upgrade.ts';
import { voteRoutes } from './vote-routes.ts';

export type ServerDeps = {
  logger: FastifyBaseLogger;
  tree: () => OrgTree;
  isOnline: (terminalId: string) => boolean;
  board: Board;
  store: Store;
  hub: Hub;
  metrics: MetricsRegistry;
  troubles: () => string[];
  now: () => number;
  allowedOrigins: readonly string[];
  /** Folder of the built wall. */
  pagesRoot: string;
  version: string;
};

export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { tree, isOnline, board, store, hub, metrics, troubles, now } = deps;
  const app = Fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 100 },
    forceCloseConnections: true,
    // An unknown parameter is a mistake to be told, not to be dropped.
    ajv: { customOptions: { removeAdditional: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  registerErrors(app as unknown as FastifyInstance);

  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Manyi gateway',
        description:
          'Times are integer milliseconds since 1970-01-01T00:00:00Z. Every refusal has the body `{"error": {"code", "message"}}`.',
        version: deps.version,
      },
    },
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/api/docs' });
  await app.register(healthRoutes, { metrics, troubles });
  await app.register(orgRoutes, { prefix: '/api/v1', tree, isOnline });
  await app.register(scoreRoutes, { prefix: '/api/v1', tree, board, now });
  await app.register(voteRoutes, { prefix: '/api/v1', tree, store });
  await registerPages(app as unknown as FastifyInstance, deps.pagesRoot);
  takeUpgrades(app.server, hub, deps.allowedOrigins);
  return app as unknown as FastifyInstance;
}
