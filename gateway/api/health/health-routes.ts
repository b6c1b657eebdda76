import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { Registry as MetricsRegistry } from 'prom-client';

export type HealthDeps = {
  metrics: MetricsRegistry;
  /** Why the gateway cannot take votes now, each as a code; empty when it can. */
  troubles: () => string[];
  /** What a person should look at while votes are taken, each as a code. */
  warnings: () => string[];
};

export const healthRoutes: FastifyPluginCallbackTypebox<HealthDeps> = (
  app,
  { metrics, troubles, warnings },
  done,
) => {
  const Alive = Type.Object({ status: Type.Literal('ok') });
  const Ready = Type.Object({
    ready: Type.Boolean(),
    troubles: Type.Array(Type.String()),
    warnings: Type.Array(Type.String()),
  });
  app.get(
    '/healthz',
    { schema: { summary: 'The process is alive', tags: ['health'], response: { 200: Alive } } },
    () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Votes can be taken and stored',
        tags: ['health'],
        response: { 200: Ready, 503: Ready },
      },
    },
    (_request, reply) => {
      const found = troubles();
      reply.status(found.length > 0 ? 503 : 200);
      return { ready: found.length === 0, troubles: found, warnings: warnings() };
    },
  );
  app.get(
    '/metrics',
    {
      schema: {
        summary: 'Prometheus metrics',
        tags: ['health'],
        response: {
          200: {
            description: 'In the text format of Prometheus',
            content: { 'text/plain': { schema: Type.String() } },
          },
        },
      },
    },
    async (_request, reply) => {
      reply.header('content-type', metrics.contentType);
      return metrics.metrics();
    },
  );
  done();
};
