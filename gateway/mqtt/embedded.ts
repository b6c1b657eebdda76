/** The broker in this process: aedes, with everything a terminal sends ending at the gateway. */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import {
  Aedes,
  type AedesOptions,
  type AedesPublishPacket,
  type AuthenticateError,
  type Client,
  type PublishPacket,
} from 'aedes';
import { CODE_REFUSALS } from '../../protocol/identity.ts';
import { DOWN_KINDS, GATEWAY_STATUS_TOPIC, topicOf } from '../../protocol/topics.ts';
import {
  type Admission,
  type Broker,
  type BrokerEvents,
  type BrokerLimits,
  type Done,
  Drop,
  type PeerCertificate,
} from './broker.ts';
import { createListener, type ListenerDeps, type Transport } from './listener.ts';
import { createPubacks } from './pubacks.ts';
import { tapVotes, type VoteTap } from './vote-tap.ts';

/** MQTT 3.1.1, table 3.1. */
const REFUSED = { identifier: 2, unavailable: 3, notAuthorized: 5 } as const;

const CONNACKS = new Map(
  Object.entries(CODE_REFUSALS).map(([code, reason]) => [reason as string, Number(code)]),
);
/** Four of them are the longest wait of a timer. */
const NEVER_MS = Math.floor((2 ** 31 - 1) / 4);

type Session = {
  terminalId: string;
  connection: number;
  code: string | null;
  serial: string;
  address: string;
  isOpen(): boolean;
};
/** Every packet starts aedes' keepalive timer anew; one that it does not see must do so too. */
type KeepaliveTimer = { _keepaliveTimer?: NodeJS.Timeout | null };

export async function createEmbeddedBroker(
  events: BrokerEvents,
  limits: BrokerLimits,
  transport: Transport,
  isBalancer: ListenerDeps['isBalancer'] = null,
): Promise<Broker> {
  const peers = new WeakMap<object, PeerCertificate>();
  const addresses = new WeakMap<object, string>();
  const sessions = new WeakMap<Client, Session>();
  const taps = new WeakMap<object, VoteTap>();
  const ready = new Set<Client>();
  /** Connections with a code, which are not shown as terminals. */
  const enrolling = new Set<Client>();
  let lastConnection = 0;

  const refuse = (reason: string, returnCode: number, id: string | null) => {
    events.refused(reason, id);
    return Object.assign(new Error(reason), { returnCode }) as AuthenticateError;
  };

  const acks = createPubacks();
  const options: AedesOptions = {
    // There is no other broker whose wills were to be sent for it. Aedes measures that by the wall clock: one that is set
    // forward would make it send the wills of terminals that are there.
    heartbeatInterval: NEVER_MS,
    // A frozen peer keeps its deliveries until drainTimeout: with as many places as peers, nobody waits behind it.
    concurrency: limits.maxConnections,
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs,
    keepaliveLimit: limits.maxKeepaliveS,
    maxInflightInbound: 10,
    queueLimit: 100,
    authenticate(client, username, password, done) {
      // Before the takeover of an older connection with the same client id: a stranger cannot cut a terminal off.
      const id = client.id;
      if (username !== id) return done(refuse('client-id-not-user', REFUSED.identifier, null), null);
      if (!client.clean) return done(refuse('session-not-clean', REFUSED.notAuthorized, id), null);
      const certificate = peers.get(client.conn) ?? null;
      const secret = Buffer.isBuffer(password) ? password : Buffer.from(password ?? '');
      let admission: Admission;
      try {
        admission = events.authenticate({ terminalId: id, certificate, password: secret });
      } catch (error) {
        // What had to be written could not be; thrown into aedes, it would end the process.
        return done(refuse(reasonOf(error as Error), REFUSED.unavailable, id), null);
      }
      if (admission !== 'terminal' && 'refused' in admission)
        return done(
          refuse(admission.refused, CONNACKS.get(admission.refused) ?? REFUSED.notAuthorized, null),
          null,
        );
      const code = admission === 'terminal' ? null : admission.code;
      const serial = certificate?.serial ?? '';
      const socket = client.conn as Socket;
      const address = addresses.get(socket) ?? '';
      const isOpen = () => !socket.destroyed;
      sessions.set(client, { terminalId: id, connection: ++lastConnection, code, serial, address, isOpen });
      listener.signedIn(socket);
      done(null, true);
    },
    authorizePublish(client, packet, done) {
      // Also called for wills, and by aedes' round for wills of clients that are gone, which it would then route.
      const session = client && sessions.get(client);
      if (!session) return done(new Drop('sender-unknown'));
      packet.retain = false;
      const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
      const { terminalId, connection, code, address, isOpen } = session;
      const { topic } = packet;
      const packetId = packet.qos === 1 ? acks.take(packet as PublishPacket) : null;
      events.message({ terminalId, connection, topic, payload, code, address, isOpen }, (error) => {
        if (packetId !== null && !error) acks.send(client, packetId);
        done(error ?? null);
      });
    },
    authorizeSubscribe(client, subscription, done) {
      const session = client && sessions.get(client);
      const allowed =
        session !== undefined &&
        session !== null &&
        (session.code !== null
          ? subscription.topic === topicOf(session.terminalId, 'certificate')
          : subscription.topic === GATEWAY_STATUS_TOPIC ||
            DOWN_KINDS.some((kind) => subscription.topic === topicOf(session.terminalId, kind)));
      if (!allowed) events.refused('subscription-foreign', session?.terminalId ?? null);
      // null: SUBACK with failure (0x80); the connection and its other subscriptions go on.
      done(null, allowed ? subscription : null);
    },
  };

  const aedes = new Aedes(options);
  // Nobody may subscribe to what terminals send, so it is not routed, queued or retained: it has ended at the gateway.
  // Of aedes' own two forms, (packet, callback) and (packet, client, callback), its types know the first.
  type Route = (packet: AedesPublishPacket, client: Client | null | Done, done?: Done) => void;
  const route = aedes.publish.bind(aedes) as Route;
  const publish: Route = (packet, client, done) => {
    if (client && typeof client !== 'function') done?.();
    else route(packet, client, done);
  };
  aedes.publish = publish as typeof aedes.publish;
  await aedes.listen();

  aedes.on('clientReady', (client: Client) => {
    const session = sessions.get(client);
    // aedes may tell of a client whose socket has ended meanwhile, and then says nothing about the end.
    if (!session || client.conn.destroyed) return;
    const { terminalId, connection, code, address, isOpen } = session;
    if (code !== null) {
      enrolling.add(client);
      client.conn.once('close', () => enrolling.delete(client));
      return;
    }
    ready.add(client);
    client.conn.once('close', () => {
      ready.delete(client);
      events.disconnected(terminalId, connection);
    });
    events.connected(terminalId, connection);
    const topic = topicOf(terminalId, 'votes');
    taps.get(client.conn)?.arm(
      topic,
      (payload, packetId, done) =>
        events.message({ terminalId, connection, topic, payload, code, address, isOpen }, (error) => {
          if (error) {
            events.refused(reasonOf(error), terminalId);
            client.conn.destroy();
          } else acks.send(client, packetId);
          done();
        }),
      () => (client as KeepaliveTimer)._keepaliveTimer?.refresh(),
    );
  });
  aedes.on('clientError', (client: Client, error: Error) => events.refused(reasonOf(error), client.id));
  // Without a listener, an error in aedes' own rounds would end the process.
  (aedes as EventEmitter).on('error', (error: Error) => events.refused(reasonOf(error), null));
  aedes.on('connectionError', (_client: Client, error: Error) => events.refused(reasonOf(error), null));

  const listener = createListener({
    transport,
    limits,
    isBalancer,
    accept(socket, peer, address) {
      addresses.set(socket, address);
      if (peer) peers.set(socket, peer);
      const tap = tapVotes(socket, limits.maxPacketBytes, (reason) => {
        const client = (socket as Socket & { client?: Client }).client;
        events.refused(reason, client ? (sessions.get(client)?.terminalId ?? null) : null);
      });
      taps.set(socket, tap);
      aedes.handle(socket);
    },
    refused: (reason) => events.refused(reason, null),
  });

  return {
    listen: listener.listen,
    publish(topic, payload, { qos, retain }) {
      aedes.publish(
        { cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain, dup: false },
        () => {},
      );
    },
    connections: () => ready.size,
    cut(isWelcome) {
      for (const client of [...ready, ...enrolling]) {
        const session = sessions.get(client);
        if (!session || isWelcome(session)) continue;
        const reason = session.code === null ? 'certificate-withdrawn' : 'code-withdrawn';
        events.refused(reason, session.terminalId);
        client.conn.destroy();
      }
    },
    async close() {
      const closed = listener.close();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      listener.destroyAll();
      await closed;
    },
  };
}

/** aedes' own messages in a few fixed codes, so that a counter has bounded labels. */
function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  // The gateway's own codes (a Drop, a failure of the storage) are in lower case, those of Node in upper case.
  if (/^[a-z-]+$/.test(code)) return code;
  const message = error.message.toLowerCase();
  if (message.includes('keep alive timeout')) return 'keepalive-timeout';
  if (message.includes('keep alive limit')) return 'keepalive-refused';
  if (message.includes('unacceptable protocol')) return 'protocol-version';
  if (message.includes('connect did not arrive')) return 'connect-timeout';
  if (message.includes('drain')) return 'receiver-frozen';
  if (message.includes('topic')) return 'topic-malformed';
  if (code === 'ECONNRESET') return 'connection-reset';
  if ('returnCode' in error || 'errorCode' in error) return 'connect-refused';
  return 'packet-malformed';
}
