/** CONNECT (MQTT 3.1.1, 3.1): who is let in, and what a connection may ask for. */
import type { AedesOptions, AuthenticateError, Client } from 'aedes';
import { CODE_REFUSALS } from '../../protocol/identity.ts';
import type { Admission, BrokerEvents, BrokerLimits } from './broker.ts';
import { reasonOf } from './refusal-reasons.ts';
import type { TerminalStream } from './terminal-stream.ts';

/** Table 3.1. */
const REFUSED = { identifier: 2, unavailable: 3, notAuthorized: 5 } as const;
const CONNACKS = new Map(
  Object.entries(CODE_REFUSALS).map(([code, reason]) => [reason as string, Number(code)]),
);
/** 3.1.2.10. */
const KEEPALIVES = 1.5;

/** Apart, so that a connection does not keep its certificate and password for as long as it lives: what is written inside `authenticate` closes over both. */
const openUntilDestroyed = (socket: TerminalStream['socket']) => () => !socket.destroyed;

/** aedes is given nothing else to read from (embedded.ts). */
export const streamOf = (client: Client): TerminalStream => client.conn as TerminalStream;

/** @param signedIn before aedes ends an older connection with the same client id. */
export function createSignIn(
  { authenticate, refused }: Pick<BrokerEvents, 'authenticate' | 'refused'>,
  { maxKeepaliveS }: Pick<BrokerLimits, 'maxKeepaliveS'>,
  signedIn: (stream: TerminalStream) => void,
): Required<Pick<AedesOptions, 'preConnect' | 'authenticate'>> {
  let lastConnection = 0;

  const refuse = (reason: string, returnCode: number, id: string | null) => {
    refused(reason, id);
    return Object.assign(new Error(reason), { returnCode }) as AuthenticateError;
  };

  return {
    preConnect(client, packet, done) {
      streamOf(client).keepaliveS = packet.keepalive ?? 0;
      // aedes does not see every packet, so it cannot know who is silent.
      packet.keepalive = 0;
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const stream = streamOf(client);
      const { certificate, address, keepaliveS, socket } = stream;
      const { id } = client;
      if (username !== id) return done(refuse('client-id-not-user', REFUSED.identifier, null), null);
      if (keepaliveS === 0 || keepaliveS > maxKeepaliveS)
        return done(refuse('keepalive-refused', REFUSED.identifier, id), null);
      if (!client.clean) return done(refuse('session-not-clean', REFUSED.notAuthorized, id), null);
      const secret = Buffer.isBuffer(password) ? password : Buffer.from(password ?? '');
      // What had to be written could not be; thrown into aedes, it would end the process.
      const fail = (error: unknown) => done(refuse(reasonOf(error as Error), REFUSED.unavailable, id), null);
      const admit = (admission: Admission) => {
        if (admission !== 'terminal' && 'refused' in admission)
          return done(
            refuse(admission.refused, CONNACKS.get(admission.refused) ?? REFUSED.notAuthorized, null),
            null,
          );
        if (socket.destroyed) return done(refuse('connection-gone', REFUSED.unavailable, id), null);
        stream.session = {
          terminalId: id,
          connection: ++lastConnection,
          code: admission === 'terminal' ? null : admission.code,
          serial: certificate?.serial ?? '',
          address,
          isOpen: openUntilDestroyed(socket),
        };
        stream.certificate = null;
        stream.expectWord(keepaliveS * 1_000 * KEEPALIVES);
        signedIn(stream);
        done(null, true);
      };
      try {
        const decided = authenticate({ terminalId: id, certificate, password: secret });
        if (decided instanceof Promise) decided.then(admit).catch(fail);
        else admit(decided);
      } catch (error) {
        fail(error);
      }
    },
  };
}
