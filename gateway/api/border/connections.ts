/**
 * Connections over which nobody who is signed in is asking or listening: new ones, slow ones, idle ones. They are as many as
 * anybody likes to open, so beyond a limit the one that has been so for longest makes way for a new one.
 */
import type { Server, Socket } from 'node:net';

export type Connections = {
  /** Somebody who is signed in is answered or listens here. */
  engaged(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): void;
  /** The answer has been given. */
  released(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): void;
};

/** A TLS socket and the bare one below it share the peer's address. */
const keyOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>) =>
  `${remoteAddress} ${remotePort}`;

export function watchConnections(server: Server, maxIdle: number): Connections {
  const open = new Map<string, Socket>();
  /** In the order in which they have become so. */
  const idle = new Map<string, Socket>();
  const rest = (key: string, socket: Socket) => {
    idle.delete(key);
    idle.set(key, socket);
    if (idle.size <= maxIdle) return;
    const [oldest] = idle.values();
    oldest?.destroy();
  };
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open.set(key, socket);
    socket.once('close', () => {
      if (open.get(key) !== socket) return;
      open.delete(key);
      idle.delete(key);
    });
    rest(key, socket);
  });
  return {
    engaged: (socket) => void idle.delete(keyOf(socket)),
    released(socket) {
      const key = keyOf(socket);
      const there = open.get(key);
      // A closed socket has no address any more, or one that is not open.
      if (there && !there.destroyed) rest(key, there);
    },
  };
}
