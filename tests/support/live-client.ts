/** A client of the live stream that holds what a wall would show. */
import WebSocket from 'ws';
import type { LiveMessage, LiveRow, Snapshot, TickerVote } from '../../protocol/live.ts';
import { until } from './wait.ts';

export type LiveClient = {
  socket: WebSocket;
  messages: LiveMessage[];
  snapshot(): Promise<Snapshot>;
  /** Units and windows, as a wall would show them now. */
  rows(): LiveRow[];
  window(id: string): LiveRow | undefined;
  unit(id: string): LiveRow | undefined;
  ticker(): TickerVote[];
  revision(): number;
  close(): void;
};

/** Whoever says who it is. */
export type Listener = { readonly httpUrl: string; headers?(): Promise<Record<string, string>> };

export async function listenLive(listener: Listener, more: Record<string, string> = {}): Promise<LiveClient> {
  const socket = new WebSocket(`${listener.httpUrl.replace('http', 'ws')}/api/v1/live`, {
    headers: { ...(await listener.headers?.()), ...more },
    rejectUnauthorized: false,
  });
  const messages: LiveMessage[] = [];
  const windows = new Map<string, LiveRow>();
  const units = new Map<string, LiveRow>();
  let ticker: TickerVote[] = [];
  let revision = -1;
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as LiveMessage;
    messages.push(message);
    if (message.type === 'tick') return;
    if (message.type === 'patch' && message.from !== revision)
      throw new Error(`a gap: patch from ${message.from}, but this client is at ${revision}`);
    if (message.type === 'snapshot') {
      windows.clear();
      units.clear();
      ticker = [];
    }
    revision = message.revision;
    for (const row of message.windows) windows.set(row.id, row);
    for (const row of message.units) units.set(row.id, row);
    ticker = [...message.ticker, ...ticker].slice(0, 30);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  return {
    socket,
    messages,
    snapshot: () => until('a snapshot', () => messages.find((message) => message.type === 'snapshot')),
    rows: () => [...units.values(), ...windows.values()],
    window: (id) => windows.get(id),
    unit: (id) => units.get(id),
    ticker: () => ticker,
    revision: () => revision,
    close: () => socket.terminate(),
  };
}
