/** A connection to a broker, signed in: over TLS with a certificate, or (a login without one) plain. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { GATEWAY_NAME } from '../../protocol/identity.ts';
import { encodeConnect } from './mqtt-bytes.ts';

/** Certificates are PEM. */
export type Login = { id: string; key?: string; cert?: string; ca?: string };

/** Resolves at the CONNACK. */
export function signIn(port: number, login: Login): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { id, ...tls } = login;
    const greet = () => void socket.write(encodeConnect(id, id));
    const socket: Socket =
      tls.cert === undefined
        ? connect({ port, host: '127.0.0.1' }, greet)
        : connectTls({ port, host: '127.0.0.1', servername: GATEWAY_NAME, ...tls }, greet);
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('data', (connack: Buffer) => {
      if (connack[3] !== 0) reject(new Error(`refused with code ${connack[3]}`));
      socket.off('error', reject);
      socket.on('error', (error) => {
        throw error;
      });
      resolve(socket);
    });
    socket.once('close', () => reject(new Error('closed')));
  });
}
