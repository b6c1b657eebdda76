/**
 * The sockets of walls. A client that takes what it is sent gets every patch at once; one that is slow gets the latest
 * value of each key when it has drained; one that stays behind is cut and may take a new snapshot when it comes back.
 * Nobody's slowness costs more memory than one row a key.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type LiveAlerts, TICK_INTERVAL_MS } from '../../protocol/live.ts';
import { SESSION_ENDED_CLOSE_CODE } from '../../protocol/session.ts';
import type { Compressor } from '../compress/compressor.ts';
import type { AlertScope } from '../domain/alerts/counter-kinds.ts';
import { type Credential, credentialKey, isSameCredential } from '../domain/principal.ts';
import { type Audience, type Audiences, createAudiences, encode } from './audiences.ts';
import { type Change, copyOf, mergeInto, patchOf } from './change.ts';
import type { Feed } from './feed.ts';

/** More than this unsent in the socket, and the client is slow: what follows is merged instead of queued. */
const SLOW_BYTES = 256 * 1024;
/** A client must have drained by then. */
const SLOW_LIMIT_MS = 30_000;
const PING_INTERVAL_MS = 30_000;
const MAX_REQUEST_BYTES = 1_024;
/** Snapshots are large: one client may ask for so many in a row, and for one more every second. */
const RESYNC_BURST = 5;
/** Streams of one session or link: the rest are for the others. */
const MAX_PER_CREDENTIAL = 100;
/** RFC 6455's registry: come again. */
const SERVICE_RESTART_CLOSE_CODE = 1012;
/** For a closing handshake; then the socket goes. */
const CLOSE_LIMIT_MS = 500;

/** Who listens, as far as the hub must know. */
export type Visitor = {
  /** What it came in with; those that share it are asked about once. */
  credential: Credential;
  /** The unit whose subtree it sees; null for the whole city. */
  unitId: string | null;
  /** Does what it sees move on in steps? */
  heldBack: () => boolean;
  /** May it still listen? */
  isWelcome: () => Promise<boolean>;
  /** Takes its snapshot as a binary frame of gzip. */
  unpacks: boolean;
  /** May it see alerts: those of what it sees? */
  seesAlerts?: boolean;
};

type Client = {
  visitor: Visitor;
  audiences: Audiences<Client>;
  audience: Audience<Client>;
  socket: WebSocket;
  pending: Change | null;
  wantsSnapshot: boolean;
  /** Those of its scope; null where it sees none. */
  alerts: { current(): LiveAlerts; stop(): void } | null;
  /** … are others than it was told. */
  wantsAlerts: boolean;
  /** Its snapshot is being made or compressed; what changes meanwhile is merged, and follows. */
  isPacking: boolean;
  slowSince: number | null;
  answeredPing: boolean;
  resyncs: number;
  lastSentAt: number;
};

export type HubMetrics = { clients(): number; cut: number; merged: number };

export type Hub = {
  metrics: HubMetrics;
  /** May one more listen, with this credential? */
  hasRoom(credential: Credential): boolean;
  /** Takes over an HTTP upgrade that has been allowed. @returns false when there are too many clients already. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, visitor: Visitor): boolean;
  /** Ends the streams of those who may no longer listen; called often, and whenever somebody's leave has ended. */
  sweep(): Promise<void>;
  close(): void;
};

export type HubOptions = {
  /** What walls are told. */
  now: () => number;
  /** How long something takes. */
  monotonic: () => number;
  maxClients: number;
  compressor: Compressor;
  /** For those whose view moves on in steps; without it there are none. */
  stepsFeed?: Feed;
  /** @param changed is called when what is shown in the scope is another */
  alerts?: { watch(scope: AlertScope, changed: () => void): { current(): LiveAlerts; stop(): void } };
};

export function createHub(feed: Feed, options: HubOptions): Hub {
  const { now, monotonic } = options;
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_REQUEST_BYTES,
    clientTracking: false,
  });
  const clients = new Set<Client>();
  const metrics: HubMetrics = { clients: () => clients.size, cut: 0, merged: 0 };
  const { compressor, stepsFeed = feed } = options;
  const live = createAudiences<Client>({ feed, monotonic, compressor });
  const stepped =
    stepsFeed === feed ? live : createAudiences<Client>({ feed: stepsFeed, monotonic, compressor });

  const leave = (client: Client) => {
    clients.delete(client);
    client.alerts?.stop();
    client.audiences.leave(client.audience, client);
  };

  const send = (client: Client, message: Buffer, binary = false) => {
    client.lastSentAt = monotonic();
    client.socket.send(message, { binary });
  };

  const sendTick = (client: Client) => {
    const alerts = client.wantsAlerts ? client.alerts?.current() : undefined;
    client.wantsAlerts = false;
    const revision = client.audience.stream.revision();
    send(client, encode({ type: 'tick', revision, now: now(), ...(alerts && { alerts }) }));
  };

  const sendSnapshot = (client: Client) => {
    const shared = client.audiences.snapshotOf(client.audience);
    client.pending = shared.since && copyOf(shared.since);
    client.wantsSnapshot = false;
    const finish = (packed: Buffer | null) => {
      client.isPacking = false;
      // It has gone meanwhile, or everything is another: then a newer snapshot follows.
      if (!clients.has(client) || client.wantsSnapshot) return catchUp(client);
      send(client, packed ?? shared.bytes, packed !== null);
      if (client.pending) catchUp(client);
      else if (shared.isStale()) sendTick(client);
    };
    if (!client.visitor.unpacks) return finish(null);
    client.isPacking = true;
    void shared.packed().then(finish);
  };

  const cut = (client: Client) => {
    metrics.cut += 1;
    leave(client);
    client.socket.terminate();
  };

  const isTickDue = ({ wantsAlerts, lastSentAt }: Client) =>
    wantsAlerts || monotonic() - lastSentAt >= TICK_INTERVAL_MS;

  const isSlow = (client: Client) => client.socket.bufferedAmount > SLOW_BYTES;

  const catchUp = (client: Client): void => {
    if (client.isPacking || !clients.has(client)) return;
    if (isSlow(client)) {
      client.slowSince ??= monotonic();
      if (monotonic() - client.slowSince > SLOW_LIMIT_MS) cut(client);
      return;
    }
    client.slowSince = null;
    if (client.wantsSnapshot) sendSnapshot(client);
    else if (client.pending) {
      const { pending } = client;
      client.pending = null;
      send(client, encode(patchOf(pending, now())));
    }
  };

  const tell = (audience: Audience<Client>, change: Change) => {
    let patch: Buffer | null = null;
    for (const client of audience.clients) {
      if (client.wantsSnapshot) continue;
      if (client.pending || client.isPacking || isSlow(client)) {
        if (!client.isPacking) metrics.merged += 1;
        if (client.pending) mergeInto(client.pending, change);
        else client.pending = copyOf(change);
        continue;
      }
      patch ??= encode(patchOf(change, now()));
      send(client, patch);
    }
  };

  const listenTo = (from: Feed, audiences: Audiences<Client>) =>
    from.listen({
      isHeard: audiences.areThere,
      changed(change) {
        for (const audience of audiences.all()) {
          const own = audience.stream.narrow(change);
          if (!own) continue;
          audiences.changed(audience, own);
          tell(audience, own);
        }
      },
      replaced() {
        audiences.replace();
        for (const client of clients) {
          if (client.audiences !== audiences) continue;
          client.wantsSnapshot = true;
          catchUp(client);
        }
      },
    });
  listenTo(feed, live);
  if (stepped !== live) listenTo(stepsFeed, stepped);

  const drain = setInterval(() => {
    for (const client of clients) {
      if (client.pending || client.wantsSnapshot || client.slowSince !== null) catchUp(client);
      else if (!client.isPacking && isTickDue(client) && !isSlow(client)) sendTick(client);
      if (client.resyncs > 0) client.resyncs -= 0.1;
    }
  }, 100);

  const ping = setInterval(() => {
    for (const client of clients) {
      if (!client.answeredPing) {
        cut(client);
        continue;
      }
      client.answeredPing = false;
      client.socket.ping();
    }
  }, PING_INTERVAL_MS);

  const request = (client: Client, data: unknown) => {
    if (!isResync(String(data)) || client.resyncs >= RESYNC_BURST) return cut(client);
    client.resyncs += 1;
    client.wantsSnapshot = true;
    catchUp(client);
  };

  const hasRoom = (credential: Credential) => {
    if (clients.size >= options.maxClients) return false;
    const alike = [...clients].filter(({ visitor }) => isSameCredential(visitor.credential, credential));
    return alike.length < MAX_PER_CREDENTIAL;
  };

  return {
    metrics,
    hasRoom,
    accept(upgrade, socket, head, visitor) {
      if (!hasRoom(visitor.credential)) return false;
      server.handleUpgrade(upgrade, socket, head, (ws) => {
        const isHeldBack = visitor.heldBack();
        const audiences = isHeldBack ? stepped : live;
        const audience = audiences.open(visitor.unitId);
        const client: Client = {
          visitor,
          audiences,
          audience,
          socket: ws,
          pending: null,
          wantsSnapshot: true,
          ...{ alerts: null, wantsAlerts: false },
          isPacking: true,
          slowSince: null,
          answeredPing: true,
          resyncs: 0,
          lastSentAt: monotonic(),
        };
        clients.add(client);
        audience.clients.add(client);
        if (visitor.seesAlerts && options.alerts) {
          const { unitId } = visitor;
          client.wantsAlerts = true;
          client.alerts = options.alerts.watch({ unitId, isHeldBack }, () => {
            client.wantsAlerts = true;
          });
        }
        ws.on('pong', () => {
          client.answeredPing = true;
        });
        ws.on('message', (data) => request(client, data));
        ws.on('error', () => ws.terminate());
        ws.on('close', () => leave(client));
        audience.stream.ready.then(
          () => {
            client.isPacking = false;
            catchUp(client);
          },
          () => cut(client),
        );
      });
      return true;
    },
    async sweep() {
      // By other settings they see something else: when they come again.
      for (const client of clients) {
        if (client.audiences === (client.visitor.heldBack() ? stepped : live)) continue;
        leave(client);
        closeSoon(client.socket, SERVICE_RESTART_CLOSE_CODE, 'view-changed');
      }
      const byCredential = new Map<string, Client[]>();
      for (const client of clients) {
        const key = credentialKey(client.visitor.credential);
        const alike = byCredential.get(key);
        if (alike) alike.push(client);
        else byCredential.set(key, [client]);
      }
      // Beside each other: the database may be another machine's.
      const ask = async ([first, ...others]: Client[]) => {
        if (!first || (await first.visitor.isWelcome())) return;
        for (const client of [first, ...others]) {
          if (!clients.has(client)) continue;
          leave(client);
          closeSoon(client.socket, SESSION_ENDED_CLOSE_CODE, 'session-ended');
        }
      };
      await Promise.all([...byCredential.values()].map(ask));
    },
    close() {
      clearInterval(drain);
      clearInterval(ping);
      for (const { socket, alerts } of clients) {
        alerts?.stop();
        closeSoon(socket, 1001, 'gateway stops');
      }
      clients.clear();
      server.close();
    },
  };
}

function closeSoon(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), CLOSE_LIMIT_MS).unref();
}

function isResync(text: string): boolean {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type === 'resync';
  } catch {
    return false;
  }
}
