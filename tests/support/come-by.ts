/** A terminal that signs in by hand, with a TLS session that it has from before, or without. */
import type { TLSSocket } from 'node:tls';
import type { TerminalLogin } from './gateway.ts';
import { connectPacket, openSocket } from './raw-mqtt.ts';

/** @returns the CONNACK's code, and the session to come back with. */
export async function comeBy(
  port: number,
  id: string,
  as: Pick<TerminalLogin, 'id' | 'identity'>,
  session?: Buffer,
) {
  const socket: TLSSocket = openSocket(port, as, session);
  let given: Buffer | undefined;
  socket.on('session', (one) => {
    given = one;
  });
  socket.write(connectPacket({ id }));
  const code = await new Promise<number | null>((resolve) => {
    socket.once('data', (connack: Buffer) => resolve(connack[3] ?? null));
    socket.once('close', () => resolve(null));
  });
  const isResumed = socket.isSessionReused();
  socket.destroy();
  return { code, session: given ?? session, isResumed };
}
