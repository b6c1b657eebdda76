import type { LiveMessage, LiveRequest } from '../../../protocol/live.ts';
import { backoffMs } from './backoff.ts';

/** Ticks come every five seconds: two may be late, then the gateway is lost. */
export const SILENCE_MS = 12_000;
const CHECK_MS = 1_000;

export type LiveSocketEvents = {
  /** Returns whether the message says that the wall is up to date; one that does not is no sign of life. */
  onMessage(message: LiveMessage): boolean;
  /** The socket is closed or silent. Called once a loss; connecting goes on by itself. */
  onLost(): void;
  onOpen(): void;
};

/** A socket that never gives up: silence and closing both lead to a new attempt, after backoff with jitter. */
export function openLiveSocket(url: string, events: LiveSocketEvents): { send(request: LiveRequest): void } {
  let socket: WebSocket | null = null;
  let attempt = 0;
  let heardAt = performance.now();

  function connect(): void {
    const opened = new WebSocket(url);
    socket = opened;
    heardAt = performance.now();
    opened.onopen = () => {
      if (socket === opened) events.onOpen();
    };
    opened.onclose = () => lose(opened);
    opened.onmessage = (event) => {
      if (socket !== opened) return;
      const message = parse(event.data);
      if (message !== null && events.onMessage(message)) {
        heardAt = performance.now();
        attempt = 0;
      }
    };
  }

  function lose(lost: WebSocket): void {
    if (socket !== lost) return;
    socket = null;
    lost.close();
    events.onLost();
    setTimeout(connect, backoffMs(attempt, Math.random()));
    attempt += 1;
  }

  connect();
  setInterval(() => {
    if (socket !== null && performance.now() - heardAt > SILENCE_MS) lose(socket);
  }, CHECK_MS);

  return {
    send(request) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request));
    },
  };
}

function parse(data: unknown): LiveMessage | null {
  try {
    const value = JSON.parse(String(data)) as LiveMessage;
    return value.type === 'snapshot' || value.type === 'patch' || value.type === 'tick' ? value : null;
  } catch {
    return null;
  }
}
