/** TLS with a certificate on both ends (RFC 8446, RFC 5246), on connections that are there already. */
import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { TLS_RULES } from '../../protocol/tls.ts';
import type { Credentials } from './broker.ts';

export type HandshakesDeps = {
  credentials: Credentials;
  timeoutMs: number;
  ended(socket: TLSSocket): void;
  /** The socket is destroyed. */
  failed(): void;
};

export type Handshakes = {
  /** @param socket nobody else reads it; what it has said is at the front of its stream. */
  begin(socket: Socket): void;
};

export function createHandshakes({ credentials, timeoutMs, ended, failed }: HandshakesDeps): Handshakes {
  const { key, cert, authority } = credentials;
  const server = createServer({
    ...{ key, cert, ca: authority },
    ...TLS_RULES,
    requestCert: true,
    // Whether a certificate will do is decided at CONNECT, so that the terminal is told and its log can say why.
    rejectUnauthorized: false,
    handshakeTimeout: timeoutMs,
  });
  server.on('secureConnection', ended);
  server.on('tlsClientError', (_error, socket) => {
    failed();
    // A handshake that is late is only told of: the socket would stay for as long as the peer likes.
    socket.destroy();
  });
  return { begin: (socket) => void server.emit('connection', socket) };
}
