/**
 * The sockets of walls. A client that takes what it is sent gets every patch at once; one that is slow gets the latest
 * value of each key when it has drained; one that stays behind is cut and may take a new snapshot when it comes back.
 * Nobody's slowness costs more memory than one row a key.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type LiveMessage, TICK_INTERVAL_MS } from '../../protocol/live.ts';
import { type Change, copyOf, type Feed, mergeInto, patchOf } from './feed.ts';

/** More than this unsent in the socket, and the client is slow: what follows is merged instead of queued. */
const SLOW_BYTES = 256 * 1024;
/** A client must have drained by then. */
const SLOW_LIMIT_MS = 30_000;
const PING_INTERVAL_MS = 30_000;
const SNAPSHOT_SHARED_MS = 500;
const MAX_REQUEST_BYTES = 1_024;
/** Snapshots are large: one client may ask for so many in a row, and for one more every second. */
const RESYNC_BURST = 5;

type Client = {
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
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
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
  /** Shared by all who ask at about the same time, e.g. after a restart. */
  let shared: { revision: number; at: number; snapshot: Buffer } | null = null;

  const send = (client: Client, message: Buffer) => {
    client.lastSentAt = now();
    client.socket.send(message, { binary: false });
  };

  const sendSnapshot = (client: Client) => {
    const [revision, at] = [feed.revision(), now()];
    if (shared?.revision !== revision || at - shared.at > SNAPSHOT_SHARED_MS)
      shared = { revision, at, snapshot: encode(feed.snapshot()) };
    client.pending = null;
    client.wantsSnapshot = false;
    send(client, shared.snapshot);
  };

  const cut = (client: Client) => {
    metrics.cut += 1;
    clients.delete(client);
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

  feed.listen({
    changed(change) {
      let patch: Buffer | null = null;
      for (const client of clients) {
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
    },
    replaced() {
      shared = null;
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
        send(client, encode({ type: 'tick', revision: feed.revision(), now: now() }));
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
    accept(upgrade, socket, head) {
      if (clients.size >= options.maxClients) return false;
      server.handleUpgrade(upgrade, socket, head, (ws) => {
        const client: Client = {
          socket: ws,
          pending: null,
          wantsSnapshot: true,
          slowSince: null,
          answeredPing: true,
          resyncs: 0,
          lastSentAt: now(),
        };
        clients.add(client);
        ws.on('pong', () => {
          client.answeredPing = true;
        });
        ws.on('message', (data) => request(client, data));
        ws.on('error', () => ws.terminate());
        ws.on('close', () => clients.delete(client));
        catchUp(client);
      });
      return true;
    },
    close() {
      clearInterval(drain);
      clearInterval(ping);
      for (const { socket } of clients) {
        socket.close(1001, 'gateway stops');
        setTimeout(() => socket.terminate(), 500).unref();
      }
      clients.clear();
      server.close();
    },
  };
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
