/**
 * The sockets of walls. A client that takes what it is sent gets every patch at once; one that is slow gets the latest
 * value of each key when it has drained; one that stays behind is cut and may take a new snapshot when it comes back.
 * Nobody's slowness costs more memory than one row a key.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type LiveMessage, TICK_INTERVAL_MS } from '../../protocol/live.ts';
import { SESSION_ENDED_CLOSE_CODE } from '../../protocol/session.ts';
import { type Change, copyOf, mergeInto, patchOf } from './change.ts';
import type { Feed, Source } from './feed.ts';

/** More than this unsent in the socket, and the client is slow: what follows is merged instead of queued. */
const SLOW_BYTES = 256 * 1024;
/** A client must have drained by then. */
const SLOW_LIMIT_MS = 30_000;
const PING_INTERVAL_MS = 30_000;
const SNAPSHOT_SHARED_MS = 500;
const MAX_REQUEST_BYTES = 1_024;
/** Snapshots are large: one client may ask for so many in a row, and for one more every second. */
const RESYNC_BURST = 5;
/** Streams of one session or link: the rest are for the others. */
const MAX_PER_CREDENTIAL = 100;
/** For a closing handshake; then the socket goes. */
const CLOSE_LIMIT_MS = 500;

/** Who listens, as far as the hub must know. */
export type Visitor = {
  /** What it came in with; those that share it are asked about once. */
  credential: string;
  /** The unit whose subtree it sees; null for the whole city. */
  unitId: string | null;
  /** May it still listen? */
  isWelcome: () => boolean;
};

/** Those who are sent the same: the whole city, or one unit's subtree. */
type Channel = {
  source: Source;
  clients: Set<Client>;
  /** Shared by all who ask at about the same time, e.g. after a restart. */
  shared: { revision: number; at: number; snapshot: Buffer } | null;
};

type Client = {
  visitor: Visitor;
  channel: Channel;
  socket: WebSocket;
  pending: Change | null;
  wantsSnapshot: boolean;
  slowSince: number | null;
  answeredPing: boolean;
  resyncs: number;
  lastSentAt: number;
};

export type HubMetrics = { clients(): number; cut: number; merged: number };

export type Hub = {
  metrics: HubMetrics;
  /** Takes over an HTTP upgrade that has been allowed. @returns false when there are too many clients already. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, visitor: Visitor): boolean;
  /** Ends the streams of those who may no longer listen; called often, and whenever somebody's leave has ended. */
  sweep(): void;
  close(): void;
};

export function createHub(feed: Feed, options: { now: () => number; maxClients: number }): Hub {
  const { now } = options;
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_REQUEST_BYTES,
    clientTracking: false,
  });
  const clients = new Set<Client>();
  const metrics: HubMetrics = { clients: () => clients.size, cut: 0, merged: 0 };
  const channels = new Map<string | null, Channel>();

  const join = (unitId: string | null): Channel => {
    let channel = channels.get(unitId);
    if (!channel) {
      channel = { source: feed.source(unitId), clients: new Set(), shared: null };
      channels.set(unitId, channel);
    }
    return channel;
  };

  const leave = (client: Client) => {
    const { channel, visitor } = client;
    clients.delete(client);
    channel.clients.delete(client);
    if (channel.clients.size === 0 && channels.get(visitor.unitId) === channel)
      channels.delete(visitor.unitId);
  };

  const send = (client: Client, message: Buffer) => {
    client.lastSentAt = now();
    client.socket.send(message, { binary: false });
  };

  const sendSnapshot = (client: Client) => {
    const { channel } = client;
    const [revision, at] = [channel.source.revision(), now()];
    let { shared } = channel;
    if (shared?.revision !== revision || at - shared.at > SNAPSHOT_SHARED_MS)
      shared = { revision, at, snapshot: encode(channel.source.snapshot()) };
    channel.shared = shared;
    client.pending = null;
    client.wantsSnapshot = false;
    send(client, shared.snapshot);
  };

  const cut = (client: Client) => {
    metrics.cut += 1;
    leave(client);
    client.socket.terminate();
  };

  const isSlow = (client: Client) => client.socket.bufferedAmount > SLOW_BYTES;

  const catchUp = (client: Client) => {
    if (isSlow(client)) {
      client.slowSince ??= now();
      if (now() - client.slowSince > SLOW_LIMIT_MS) cut(client);
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

  const tell = (channel: Channel, change: Change) => {
    let patch: Buffer | null = null;
    for (const client of channel.clients) {
      if (client.wantsSnapshot) continue;
      if (client.pending || isSlow(client)) {
        metrics.merged += 1;
        if (client.pending) mergeInto(client.pending, change);
        else client.pending = copyOf(change);
        continue;
      }
      patch ??= encode(patchOf(change, now()));
      send(client, patch);
    }
  };

  feed.listen({
    changed(change) {
      for (const channel of channels.values()) {
        const own = channel.source.narrow(change);
        if (own) tell(channel, own);
      }
    },
    replaced() {
      for (const channel of channels.values()) {
        channel.shared = null;
        channel.source.replaced();
      }
      for (const client of clients) {
        client.wantsSnapshot = true;
        catchUp(client);
      }
    },
  });

  const drain = setInterval(() => {
    for (const client of clients) {
      if (client.pending || client.wantsSnapshot || client.slowSince !== null) catchUp(client);
      else if (now() - client.lastSentAt >= TICK_INTERVAL_MS && !isSlow(client))
        send(client, encode({ type: 'tick', revision: client.channel.source.revision(), now: now() }));
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

  return {
    metrics,
    accept(upgrade, socket, head, visitor) {
      if (clients.size >= options.maxClients) return false;
      const alike = [...clients].filter((client) => client.visitor.credential === visitor.credential);
      if (alike.length >= MAX_PER_CREDENTIAL) return false;
      server.handleUpgrade(upgrade, socket, head, (ws) => {
        const channel = join(visitor.unitId);
        const client: Client = {
          visitor,
          channel,
          socket: ws,
          pending: null,
          wantsSnapshot: true,
          slowSince: null,
          answeredPing: true,
          resyncs: 0,
          lastSentAt: now(),
        };
        clients.add(client);
        channel.clients.add(client);
        ws.on('pong', () => {
          client.answeredPing = true;
        });
        ws.on('message', (data) => request(client, data));
        ws.on('error', () => ws.terminate());
        ws.on('close', () => leave(client));
        catchUp(client);
      });
      return true;
    },
    sweep() {
      const asked = new Map<string, boolean>();
      for (const client of clients) {
        const { credential, isWelcome } = client.visitor;
        const welcome = asked.get(credential) ?? isWelcome();
        asked.set(credential, welcome);
        if (welcome) continue;
        leave(client);
        closeSoon(client.socket, SESSION_ENDED_CLOSE_CODE, 'session-ended');
      }
    },
    close() {
      clearInterval(drain);
      clearInterval(ping);
      for (const { socket } of clients) closeSoon(socket, 1001, 'gateway stops');
      clients.clear();
      channels.clear();
      server.close();
    },
  };
}

function closeSoon(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), CLOSE_LIMIT_MS).unref();
}

/** As bytes, which any number of sockets can share; of a text, each would make and hold its own. */
function encode(message: LiveMessage): Buffer {
  return Buffer.from(JSON.stringify(message));
}

function isResync(text: string): boolean {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type === 'resync';
  } catch {
    return false;
  }
}
