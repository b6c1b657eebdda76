/** The adapters of the broker's port, each with a way to reach it as a terminal; the gateway behind it is the test. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Identity } from '../../device/identity/identity.ts';
import {
  type Admission,
  type Broker,
  type BrokerEvents,
  type BrokerLimits,
  DEFAULT_BROKER_LIMITS,
  type Done,
  type Incoming,
  type Login,
  type TicketKeys,
} from '../../gateway/mqtt/broker.ts';
import { createEmbeddedBroker } from '../../gateway/mqtt/embedded.ts';
import { SIGNATURE } from '../../gateway/mqtt/proxy-header.ts';
import { GATEWAY_NAME } from '../../protocol/identity.ts';
import { authorityOf, issueIdentity } from './certificates.ts';
import { CONNACK, listenWire, type Wire } from './mqtt-wire.ts';
import { type ConnectOptions, connectPacket } from './raw-mqtt.ts';

/** What lets a terminal in without a certificate, or a peer without TLS: see `admit`. */
export const CODE = 'a-code';

/** A proxy's word for a client at 203.0.113.9 (PROXY protocol, 2.2). */
export const PROXY_HEADER = Buffer.concat([
  SIGNATURE,
  Buffer.from([0x21, 0x11, 0, 12, 203, 0, 113, 9, 127, 0, 0, 1, 0x30, 0x39, 0x22, 0xb3]),
]);

export type Heard = Incoming & { text: string; done: Done };

/** A stranger has no certificate, and shows a code when it signs in. */
export type Appearance = {
  kind?: 'known' | 'stranger';
  proxyHeader?: Buffer;
  /** Of an earlier TLS connection. */
  session?: Buffer | undefined;
};

const sessions = new WeakMap<Socket, Buffer>();
/** What a TLS connection can be gone on with: the newest that it has been given. */
export const sessionOf = ({ socket }: Pick<Wire, 'socket'>): Buffer | undefined => sessions.get(socket);

export type TestBroker = {
  broker: Broker;
  /** Every message, and every event as `kind terminal connection` or `refused reason terminal`. */
  heard: Heard[];
  events: string[];
  /** What happens to a message: none is done by itself while this is null. */
  whenHeard: { take: ((message: Heard) => void) | null };
  /** Of what has signed in and is just connected; everybody by itself. */
  whoIsWelcome: { holds: BrokerEvents['isWelcome'] };
  /** A connection of this terminal that has said nothing. */
  open(terminalId: string, as?: Appearance): Wire;
  signIn(
    terminalId: string,
    options?: ConnectOptions & Appearance & { will?: { topic: string; payload: string } },
  ): Promise<Wire & { connection: number }>;
  refused(reason: string): number;
};

export type BrokerOptions = {
  limits?: Partial<BrokerLimits>;
  /** This machine is a balancer. */
  behindBalancer?: boolean;
  /** By itself, those of its home. */
  ticketKeys?: TicketKeys;
};

export type BrokerHome = {
  start(options?: BrokerOptions): Promise<TestBroker>;
  /** Ends every connection and broker. */
  stop(): Promise<void>;
  dispose(): void;
};

export type BrokerAdapter = {
  name: string;
  /** Says who is beyond a balancer. */
  readsProxyHeader: boolean;
  open(): Promise<BrokerHome>;
};

type Ground = {
  create(
    events: BrokerEvents,
    limits: BrokerLimits,
    isBalancer: ((address: string) => boolean) | null,
    ticketKeys: TicketKeys | undefined,
  ): Promise<Broker>;
  admit(login: Login): Admission;
  connect(port: number, terminalId: string, as: Appearance): Socket;
};

/** Terminals that have what it takes to sign in. */
export const NAMED = ['t-1', 't-2', 't-3', 't-slow'];
export const CROWD = Array.from({ length: 300 }, (_, at) => `t-crowd-${at + 1}`);

const isBalancer = (address: string) => address === '127.0.0.1';
const admitCode = ({ password }: Login): Admission =>
  password.toString() === CODE ? { code: 'code-1' } : { refused: 'code-wrong' };

function homeOf(ground: Ground, dispose: () => void): BrokerHome {
  const brokers: Broker[] = [];
  const sockets = new Set<Socket>();
  return {
    async start({ limits = {}, behindBalancer = false, ticketKeys } = {}) {
      const heard: Heard[] = [];
      const events: string[] = [];
      const whenHeard: TestBroker['whenHeard'] = { take: ({ done }) => done() };
      const whoIsWelcome: TestBroker['whoIsWelcome'] = { holds: () => true };
      const broker = await ground.create(
        {
          authenticate: ground.admit,
          isWelcome: (by) => whoIsWelcome.holds(by),
          message(incoming, done) {
            const message = { ...incoming, text: incoming.payload.toString(), done };
            heard.push(message);
            whenHeard.take?.(message);
          },
          connected: (id, connection) => void events.push(`connected ${id} ${connection}`),
          disconnected: (id, connection) => void events.push(`disconnected ${id} ${connection}`),
          handshaken: (kind) => void events.push(`handshaken ${kind}`),
          refused: (reason, id) => void events.push(`refused ${reason} ${id}`),
        },
        { ...DEFAULT_BROKER_LIMITS, ...limits },
        behindBalancer ? isBalancer : null,
        ticketKeys,
      );
      brokers.push(broker);
      const port = await broker.listen('127.0.0.1', 0);
      const open: TestBroker['open'] = (terminalId, as = {}) => {
        const socket = ground.connect(port, terminalId, as);
        sockets.add(socket);
        return listenWire(socket);
      };
      return {
        broker,
        heard,
        events,
        whenHeard,
        whoIsWelcome,
        open,
        async signIn(terminalId, { will, kind, proxyHeader, session, ...options } = {}) {
          const appearance = { ...(kind && { kind }), ...(proxyHeader && { proxyHeader }), session };
          const wire = open(terminalId, appearance);
          const password = kind === 'stranger' ? { password: CODE } : {};
          wire.send(connectPacket({ id: terminalId, ...password }, will, options));
          const [connack] = await wire.until(CONNACK);
          if (connack?.body[1] !== 0) throw new Error(`${terminalId}: refused with ${connack?.body[1]}`);
          const last = events.findLast((event) => event.startsWith(`connected ${terminalId} `));
          return Object.assign(wire, { connection: Number(last?.split(' ')[2]) });
        },
        refused: (reason) => events.filter((event) => event.startsWith(`refused ${reason} `)).length,
      };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      await Promise.all(brokers.splice(0).map((broker) => broker.close()));
    },
    dispose,
  };
}

/** Peers are believed who they say they are, but for those that show a code. */
async function openPlain(): Promise<BrokerHome> {
  return homeOf(
    {
      create: (events, limits, balancer) => createEmbeddedBroker(events, limits, { kind: 'plain' }, balancer),
      admit: (login) => (login.password.length > 0 ? admitCode(login) : 'terminal'),
      connect: (port) => connectPlain({ port, host: '127.0.0.1' }),
    },
    () => {},
  );
}

async function openTls(): Promise<BrokerHome> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-broker-'));
  const authority = await authorityOf(folder);
  const credentials = {
    ...(await authority.serverCredentials([GATEWAY_NAME])),
    authority: authority.certificate,
    ticketKeys: [randomBytes(48)] as const,
  };
  const identities = new Map<string, Identity>();
  for (const id of [...NAMED, ...CROWD]) identities.set(id, await issueIdentity(authority, id));
  return homeOf(
    {
      create: (events, limits, balancer, ticketKeys = credentials.ticketKeys) =>
        createEmbeddedBroker(
          events,
          limits,
          { kind: 'tls', credentials: { ...credentials, ticketKeys } },
          balancer,
        ),
      admit: (login) => {
        const { certificate, terminalId } = login;
        if (certificate === null) return admitCode(login);
        if (!certificate.trusted) return { refused: 'certificate-untrusted' };
        return certificate.commonName === terminalId ? 'terminal' : { refused: 'certificate-foreign' };
      },
      connect(port, terminalId, { kind = 'known', proxyHeader, session }) {
        const identity = kind === 'known' ? identities.get(terminalId) : undefined;
        const socket = connectPlain({ port, host: '127.0.0.1' }).on('error', () => {});
        if (proxyHeader) socket.write(proxyHeader);
        const secure = connectTls({
          ...{ socket, servername: GATEWAY_NAME, ca: authority.certificate },
          ...(identity ? { key: identity.key, cert: identity.certificate } : {}),
          ...(session ? { session } : {}),
        });
        return secure.on('session', (given: Buffer) => void sessions.set(secure, given));
      },
    },
    () => rmSync(folder, { recursive: true, force: true }),
  );
}

export const BROKER_ADAPTERS: BrokerAdapter[] = [
  { name: 'embedded, plain', readsProxyHeader: false, open: openPlain },
  { name: 'embedded, TLS', readsProxyHeader: true, open: openTls },
];
