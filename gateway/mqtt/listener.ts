/** The port that terminals come to. */
import { createHash, type X509Certificate } from 'node:crypto';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createArrivals } from './arrivals.ts';
import type { BrokerEvents, BrokerLimits, Credentials, PeerCertificate, TicketKeys } from './broker.ts';
import { createHandshakes } from './handshakes.ts';
import { takeProxyHeader } from './proxy-header.ts';

/** `plain` is for measuring what TLS costs: nothing in the product's settings leads to it. */
export type Transport = { kind: 'tls'; credentials: Credentials } | { kind: 'plain' };

export type Listener = {
  listen(host: string, port: number): Promise<number>;
  /** The socket has signed in: it waits no longer. */
  signedIn(socket: Socket): void;
  sealWith(keys: TicketKeys): void;
  /** Takes no more connections; ends those that are there. */
  close(): Promise<void>;
  destroyAll(): void;
};

export type ListenerDeps = {
  transport: Transport;
  limits: Pick<BrokerLimits, 'maxConnections' | 'maxPending' | 'handshakeTimeoutMs'>;
  /** Peers of these addresses say with the PROXY protocol, and must, whom they speak for; null: nobody does. */
  isBalancer: ((address: string) => boolean) | null;
  /** A connection, after its handshake. @param address of its other end, beyond a balancer. */
  accept(socket: Socket, peer: PeerCertificate | null, address: string): void;
  handshaken: BrokerEvents['handshaken'];
  refused(reason: string): void;
};

/** Terminals that all come back at once are to wait in the system's queue, not to be turned away. */
const BACKLOG = 4_096;

export function createListener(deps: ListenerDeps): Listener {
  const { transport, limits, isBalancer, accept, handshaken, refused } = deps;
  const sockets = new Set<Socket>();
  /** By its peer's address, which a TLS socket shares with the bare one below it; the one that is stuck for longest first. */
  const pending = new Map<string, Socket>();
  /** What a balancer has said, by its own address: a TLS socket does not know the bare one below it. */
  const sources = new Map<string, { socket: Socket; source: string }>();

  const track = (socket: Socket) => {
    const address = addressOf(socket);
    sockets.add(socket);
    pending.set(address, socket);
    socket.once('close', () => {
      sockets.delete(socket);
      // The next one may have come from the same port meanwhile.
      if (sources.get(address)?.socket === socket) sources.delete(address);
      if (pending.get(address) === socket) pending.delete(address);
    });
    // Ends of handshakes and floods are told by the layer above.
    socket.on('error', () => {});
    socket.setNoDelay(true);
    if (pending.size <= limits.maxPending) return;
    const [oldest] = pending.values();
    refused('too-many-pending');
    oldest?.destroy();
  };

  /** It is not to make way before those that say nothing. */
  const progressed = (address: string) => {
    const socket = pending.get(address);
    if (socket === undefined) return;
    pending.delete(address);
    pending.set(address, socket);
  };

  let server: Server;
  let settled = (_address: string): void => {};
  let sealWith = (_keys: TicketKeys): void => {};
  if (transport.kind === 'plain') {
    server = createPlainServer((socket) => {
      track(socket);
      accept(socket, null, socket.remoteAddress ?? '');
    });
  } else {
    const handshakes = createHandshakes({
      credentials: transport.credentials,
      timeoutMs: limits.handshakeTimeoutMs,
      ended(socket) {
        socket.on('error', () => {});
        handshaken(socket.isSessionReused() ? 'resumed' : 'full');
        accept(socket, peerOf(socket), sources.get(addressOf(socket))?.source ?? socket.remoteAddress ?? '');
      },
      failed: () => refused('tls-failed'),
    });
    const arrivals = createArrivals({
      silenceMs: limits.handshakeTimeoutMs,
      progressed,
      refused,
      begin: handshakes.begin,
    });
    settled = arrivals.ended;
    sealWith = handshakes.sealWith;
    server = createPlainServer((socket) => {
      // Gone already (a balancer that looks whether the port is open): it has no address, and nobody waits.
      if (socket.remoteAddress === undefined) return void socket.on('error', () => {}).destroy();
      track(socket);
      const address = addressOf(socket);
      if (!isBalancer?.(socket.remoteAddress)) return arrivals.add(address, socket);
      takeProxyHeader(socket, {
        refused,
        taken(source) {
          if (source !== null) sources.set(address, { socket, source });
          arrivals.add(address, socket, source ?? undefined);
          socket.resume();
        },
      });
    });
  }
  server.maxConnections = limits.maxConnections;
  server.on('drop', () => refused('too-many-connections'));

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: BACKLOG }, () => {
          server.off('error', reject);
          server.on('error', () => refused('listen-error'));
          const address = server.address();
          resolve(typeof address === 'object' && address ? address.port : port);
        });
      }),
    signedIn(socket) {
      const address = addressOf(socket);
      pending.delete(address);
      settled(address);
    },
    sealWith: (keys) => sealWith(keys),
    close: () => new Promise((resolve) => server.close(() => resolve())),
    destroyAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const addressOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

function peerOf(socket: TLSSocket): PeerCertificate | null {
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  const expiresAt = Date.parse(certificate.validTo);
  return {
    // A resumed session (RFC 8446, 2.2) was checked when it began, perhaps before the certificate ended.
    trusted: socket.authorized && expiresAt > Date.now(),
    commonName: /^CN=([^\n]+)$/.exec(certificate.subject)?.[1] ?? '',
    serial: certificate.serialNumber.toUpperCase(),
    expiresAt,
    publicKey: () =>
      createHash('sha256')
        .update(certificate.publicKey.export({ format: 'der', type: 'spki' }))
        .digest('hex'),
  };
}
