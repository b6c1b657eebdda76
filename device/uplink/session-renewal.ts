/**
 * A session ends a week after the certificate was shown (gateway/mqtt/handshakes.ts), and going on with it gives no new one. A
 * terminal that stays connected fetches another in time, over a connection that says nothing: so that a city that has been there
 * for months comes back as quickly as one of today.
 */
import { connect, type TLSSocket } from 'node:tls';
import { GATEWAY_NAME } from '../../protocol/identity.ts';
import { MQTT_PORT } from '../../protocol/ports.ts';
import type { TlsSession } from './tls-session.ts';

export type SessionRenewalOptions = {
  tls: Pick<TlsSession, 'held' | 'keep'>;
  gatewayUrl: string;
  /** Of a session when another is fetched; terminals are spread over the second half of it. */
  afterMs?: number;
  monoMs?: () => number;
  random?: () => number;
};

export type SessionRenewal = {
  /** Call when connected. */
  schedule(): void;
  stop(): void;
};

const AFTER_MS = 4 * 86_400_000;
const RETRY_MS = 3_600_000;
const TIMEOUT_MS = 60_000;

export function createSessionRenewal(options: SessionRenewalOptions): SessionRenewal {
  const { tls, gatewayUrl, afterMs = AFTER_MS } = options;
  const { monoMs = () => performance.now(), random = Math.random } = options;
  let timer: NodeJS.Timeout | undefined;
  let socket: TLSSocket | null = null;

  const stop = () => {
    clearTimeout(timer);
    socket?.destroy();
    socket = null;
  };
  const schedule = () => {
    stop();
    const held = tls.held();
    if (held === null) return;
    const dueMs = held.sinceMs + afterMs * (0.5 + random() / 2);
    timer = setTimeout(fetch, Math.max(0, dueMs - monoMs()));
  };
  const fetch = () => {
    const held = tls.held();
    if (held === null) return;
    // Stopped, or with an answer, nothing more comes of it.
    timer = setTimeout(fetch, RETRY_MS);
    const { hostname, port } = new URL(gatewayUrl);
    const asking = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || MQTT_PORT),
      servername: GATEWAY_NAME,
      secureContext: held.context,
      timeout: TIMEOUT_MS,
    });
    socket?.destroy();
    socket = asking;
    asking.on('error', () => {});
    asking.once('timeout', () => asking.destroy());
    asking.once('session', (session: Buffer) => {
      asking.end();
      if (socket !== asking) return;
      socket = null;
      tls.keep(held.context, session);
      schedule();
    });
  };
  return { schedule, stop };
}
