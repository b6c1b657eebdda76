/**
 * aedes as it comes: no storage, no authorization. With the server's identity as a file (see ServerIdentity), over TLS, and
 * only for peers with a certificate. Prints its port.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes } from 'aedes';
import type { ServerIdentity } from '../identities.ts';

const [identityFile] = process.argv.slice(2);
const aedes = await Aedes.createBroker();
const take = (socket: Socket) => {
  socket.setNoDelay(true);
  aedes.handle(socket);
};
const identity = identityFile && (JSON.parse(readFileSync(identityFile, 'utf8')) as ServerIdentity);
const server: Server = identity
  ? createTlsServer({ ...identity, requestCert: true, rejectUnauthorized: true }, take)
  : createServer(take);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' && address ? address.port : 0 }));
});
