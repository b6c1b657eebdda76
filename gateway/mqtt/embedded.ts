/** The broker in this process: aedes, with everything a terminal sends ending at the gateway. */
import type { EventEmitter } from 'node:events';
import type { Client } from 'aedes';
import { topicOf, topicsOf } from '../../protocol/topics.ts';
import type { Broker, BrokerEvents, BrokerLimits, Welcome } from './broker.ts';
import { createDeliveries } from './deliveries.ts';
import { KeptMessages } from './kept-messages.ts';
import { createListener, type ListenerDeps, type Transport } from './listener.ts';
import { OneWayAedes } from './one-way-aedes.ts';
import { createOutbox } from './outbox.ts';
import { createPubacks } from './pubacks.ts';
import { reasonOf } from './refusal-reasons.ts';
import { createRoutes } from './routes.ts';
import { createSignIn, streamOf } from './sign-in.ts';
import { TerminalStream } from './terminal-stream.ts';
import { createTraffic } from './traffic.ts';

/** Four of them are the longest wait of a timer. */
const NEVER_MS = Math.floor((2 ** 31 - 1) / 4);

const withdrawn = ({ code }: Welcome) => (code === null ? 'certificate-withdrawn' : 'code-withdrawn');

export async function createEmbeddedBroker(
  events: BrokerEvents,
  limits: BrokerLimits,
  transport: Transport,
  isBalancer: ListenerDeps['isBalancer'] = null,
): Promise<Broker> {
  const ready = new Set<TerminalStream>();
  /** The latest of each terminal. */
  const byTerminal = new Map<string, TerminalStream>();
  /** Connections with a code, which are not shown as terminals. */
  const enrolling = new Set<TerminalStream>();
  const acks = createPubacks();
  const outbox = createOutbox();
  const routes = createRoutes();
  const kept = new KeptMessages();

  const aedes = new OneWayAedes({
    // There is no other broker whose wills were to be sent for it. Aedes measures that by the wall clock: one that is set
    // forward would make it send the wills of terminals that are there.
    heartbeatInterval: NEVER_MS,
    mq: routes,
    persistence: kept,
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs,
    maxInflightInbound: 10,
    queueLimit: 100,
    ...createSignIn(events, limits, ({ socket }) => listener.signedIn(socket)),
    ...createTraffic(events, acks),
  });
  await aedes.listen();
  const deliveries = createDeliveries(routes, kept);

  aedes.on('clientReady', (client: Client) => {
    const stream = streamOf(client);
    const { session } = stream;
    // aedes may tell of a client whose socket has ended meanwhile, and then says nothing about the end.
    if (!session?.isOpen()) return;
    const { terminalId, connection, code, address, isOpen } = session;
    if (!events.isWelcome(session)) return stream.cut(withdrawn(session));
    if (code !== null) {
      enrolling.add(stream);
      stream.once('close', () => enrolling.delete(stream));
      return;
    }
    ready.add(stream);
    byTerminal.set(terminalId, stream);
    stream.once('close', () => {
      ready.delete(stream);
      if (byTerminal.get(terminalId) === stream) byTerminal.delete(terminalId);
      events.disconnected(terminalId, connection);
    });
    events.connected(terminalId, connection);
    const votes = topicOf(terminalId, 'votes');
    stream.tapMessages(topicsOf(terminalId), (kind, payload, packetId, done) => {
      const topic = kind === 'votes' ? votes : topicOf(terminalId, kind);
      events.message({ terminalId, connection, topic, payload, code, address, isOpen }, (error) => {
        if (error) stream.cut(reasonOf(error));
        else if (packetId !== null) acks[kind === 'votes' ? 'send' : 'sendAlong'](stream, packetId);
        done();
      });
    });
  });
  aedes.on('clientError', (client: Client, error: Error) => events.refused(reasonOf(error), client.id));
  // Without a listener, an error in aedes' own rounds would end the process.
  (aedes as EventEmitter).on('error', (error: Error) => events.refused(reasonOf(error), null));
  aedes.on('connectionError', (_client: Client, error: Error) => events.refused(reasonOf(error), null));

  const listener = createListener({
    transport,
    limits,
    isBalancer,
    accept(socket, certificate, address) {
      const { maxPacketBytes } = limits;
      const { refused } = events;
      aedes.handle(new TerminalStream({ socket, certificate, address, maxPacketBytes, outbox, refused }));
    },
    handshaken: events.handshaken,
    refused: (reason) => events.refused(reason, null),
  });

  return {
    listen: listener.listen,
    publish: deliveries.publish,
    connections: () => ready.size,
    sealWith: listener.sealWith,
    cut(isWelcome) {
      for (const stream of [...ready, ...enrolling]) {
        const { session } = stream;
        if (!session || isWelcome(session)) continue;
        stream.cut(withdrawn(session));
      }
    },
    shed(count) {
      const sent: string[] = [];
      // Those that have been here for longest come first.
      for (const stream of ready) {
        if (sent.length >= count) break;
        const { session } = stream;
        if (stream.isBusy || !session?.isOpen()) continue;
        stream.cut('shed');
        sent.push(session.terminalId);
      }
      return sent;
    },
    letGo: (terminalId) => byTerminal.get(terminalId)?.cut('taken-over'),
    async close() {
      const closed = listener.close();
      await deliveries.settled();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      listener.destroyAll();
      await closed;
    },
  };
}
