import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { Refusal } from './errors.ts';
import { LIVE_PATH } from './upgrade.ts';

/** The live stream's place in the description and the policy; who asks for it without an upgrade is told how (RFC 9110, 15.5.22). */
export const liveRoute: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    LIVE_PATH,
    {
      schema: {
        summary: 'The live stream: a WebSocket that begins with a snapshot and goes on with patches',
        tags: ['live'],
        response: {
          426: Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) }),
        },
      },
    },
    (_request, reply) => {
      reply.header('upgrade', 'websocket');
      throw new Refusal(426, 'upgrade-required', 'this is a WebSocket: ask for an upgrade');
    },
  );
  done();
};
