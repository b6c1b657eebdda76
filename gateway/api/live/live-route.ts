import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { ApiError } from '../../../protocol/error.ts';
import { credentialOf } from '../../domain/principal.ts';
import type { Hub } from '../../live/hub.ts';
import { Refusal } from '../border/errors.ts';
import { principalOf } from '../border/guard.ts';
import { foreignOrigin, isAllowedOrigin } from '../border/origin.ts';
import { LIVE_PATH } from './upgrade.ts';

export type LiveRouteDeps = { hub: Pick<Hub, 'hasRoom'>; allowedOrigins: readonly string[] };

const Query = Type.Object(
  {
    origin: Type.Optional(Type.String({ maxLength: 300, description: 'Of the page that wants to listen' })),
    compress: Type.Optional(
      Type.String({
        maxLength: 40,
        description: '`gzip`: snapshots come as binary frames, compressed; all else is text as before',
      }),
    ),
  },
  { additionalProperties: false },
);

/**
 * The live stream's place in the description and the policy; who asks for it without an upgrade is told how (RFC 9110, 15.5.22).
 * A browser does not tell a page why a WebSocket did not open: the page asks here, with its own origin, and is told what would
 * have been the answer. When that is "ask for an upgrade", a proxy in between has taken the upgrade out.
 */
export const liveRoute: FastifyPluginCallbackTypebox<LiveRouteDeps> = (
  app,
  { hub, allowedOrigins },
  done,
) => {
  app.get(
    LIVE_PATH,
    {
      schema: {
        summary: 'The live stream: a WebSocket that begins with a snapshot and goes on with patches',
        description:
          'Without an upgrade, the answer says why there is none: `upgrade-required` where it would have been taken.',
        tags: ['live'],
        querystring: Query,
        response: {
          101: { description: 'From now on a WebSocket; see protocol/README.md for its messages' },
          default: { description: 'No stream', content: { 'application/json': { schema: ApiError } } },
        },
      },
    },
    (request, reply) => {
      const { host, secure } = request.caller;
      if (!isAllowedOrigin(request.query.origin, host, allowedOrigins, secure))
        throw new Refusal(403, 'origin-foreign', foreignOrigin('listen'));
      if (!hub.hasRoom(credentialOf(principalOf(request))))
        throw new Refusal(503, 'walls-too-many', 'too many walls are listening');
      reply.header('upgrade', 'websocket');
      throw new Refusal(426, 'upgrade-required', 'this is a WebSocket: ask for an upgrade');
    },
  );
  done();
};
