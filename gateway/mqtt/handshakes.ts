/**
 * TLS with a certificate on both ends (RFC 8446, RFC 5246), on connections that are there already. Who has been here goes on
 * with the session of then (RFC 8446, 2.2): the gateway has sealed it, with the certificate that was shown, into a ticket that
 * the terminal keeps.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { TLS_RULES } from '../../protocol/tls.ts';
import type { Credentials, TicketKeys } from './broker.ts';
import { ticketKeyNameIn } from './client-hello.ts';

/** Resuming gives no new ticket: so long after its certificate was shown, whoever comes has to show it again. The longest that there is (RFC 8446, 4.6.1). */
const TICKET_LIFE_S = 7 * 86_400;
const NAME_BYTES = 16;
/** The longest that OpenSSL takes (SSL_MAX_SID_CTX_LENGTH). */
const CONTEXT_CHARS = 32;

export type HandshakesDeps = {
  credentials: Credentials;
  timeoutMs: number;
  ended(socket: TLSSocket): void;
  /** The socket is destroyed. */
  failed(): void;
};

export type Handshakes = {
  /** @param socket nobody else reads it; what it has said, `hello`, is at the front of its stream. */
  begin(socket: Socket, hello: Buffer): void;
  sealWith(keys: TicketKeys): void;
};

export function createHandshakes({ credentials, timeoutMs, ended, failed }: HandshakesDeps): Handshakes {
  const { key, cert, authority } = credentials;
  const create = (ticketKeys: Buffer) => {
    const server = createServer({
      ...{ key, cert, ca: authority },
      ...TLS_RULES,
      requestCert: true,
      // Whether a certificate will do is decided at CONNECT, so that the terminal is told and its log can say why.
      rejectUnauthorized: false,
      handshakeTimeout: timeoutMs,
      ticketKeys,
      sessionTimeout: TICKET_LIFE_S,
      // What another authority's gateway has checked says nothing here. By itself, Node.js would take another one at every start.
      sessionIdContext: createHash('sha256').update(authority).digest('hex').slice(0, CONTEXT_CHARS),
    });
    server.on('secureConnection', ended);
    server.on('tlsClientError', (_error, socket) => {
      failed();
      // A handshake that is late is only told of: the socket would stay for as long as the peer likes.
      socket.destroy();
    });
    return server;
  };

  // Node.js takes one key a server: each key has its own, and opens what it has sealed.
  let servers: { name: string; server: Server }[] = [];
  const sealWith = (keys: TicketKeys) => {
    servers = keys.map((ticketKey) => {
      const name = ticketKey.toString('hex', 0, NAME_BYTES);
      return servers.find((one) => one.name === name) ?? { name, server: create(ticketKey) };
    });
  };
  sealWith(credentials.ticketKeys);

  return {
    begin(socket, hello) {
      const name = ticketKeyNameIn(hello);
      const { server } = servers.find((one) => one.name === name) ?? (servers[0] as (typeof servers)[0]);
      server.emit('connection', socket);
    },
    sealWith,
  };
}
