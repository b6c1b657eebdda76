import type { LiveMessage, LiveRequest } from '../../../protocol/live.ts';
import { backoffMs } from './backoff.ts';
import { canUnpack, createUnpacker } from './unpack.ts';

/** Ticks come every five seconds: two may be late, then the gateway is lost. */
export const SILENCE_MS = 12_000;
const CHECK_MS = 1_000;
/** A gateway that is there answers a question within this. */
export const PROOF_MS = 3_000;
/** SESSION_ENDED_CLOSE_CODE of protocol/session.ts, spelt here so that the page need not carry the schema library. */
export const CLOSED_SESSION_ENDED = 4401;

/** How a socket was lost; `opened` is false where the upgrade was refused or never answered. */
export type Loss = { opened: boolean; code: number };

export type LiveSocketEvents = {
  /** Asked before every attempt, null at the first. False: not now, try again later. It may take its time. */
  admit(loss: Loss | null): Promise<boolean>;
  /** Returns whether the message says that the wall is up to date; one that does not is no sign of life. */
  onMessage(message: LiveMessage): boolean;
  /** The socket is closed or silent. Called once a loss; connecting goes on by itself. */
  onLost(): void;
  onOpen(): void;
};

/** Said of a socket that has fallen silent: it has no code of its own (RFC 6455, 7.4.1). */
const CODE_ABNORMAL = 1006;

/** A socket that never gives up: silence and closing both lead to a new attempt, after backoff with jitter. */
export function openLiveSocket(
  url: string,
  events: LiveSocketEvents,
): { send(request: LiveRequest): void; prove(): void } {
  let socket: WebSocket | null = null;
  let attempt = 0;
  let heardAt = performance.now();
  let proofDueAt = Number.POSITIVE_INFINITY;

  async function connect(loss: Loss | null): Promise<void> {
    if (await events.admit(loss)) open();
    else retry({ opened: false, code: CODE_ABNORMAL });
  }

  function open(): void {
    const opened = new WebSocket(canUnpack ? `${url}?compress=gzip` : url);
    opened.binaryType = 'arraybuffer';
    let wasOpen = false;
    socket = opened;
    heardAt = performance.now();
    proofDueAt = Number.POSITIVE_INFINITY;
    opened.onopen = () => {
      wasOpen = true;
      if (socket === opened) events.onOpen();
    };
    opened.onclose = ({ code }) => lose(opened, { opened: wasOpen, code });
    const unpacker = createUnpacker(read, () => opened.close());
    opened.onmessage = (event) => unpacker.take(event.data);
    function read(text: string): void {
      if (socket !== opened) return;
      const message = parse(text);
      if (message !== null && events.onMessage(message)) {
        heardAt = performance.now();
        proofDueAt = Number.POSITIVE_INFINITY;
        attempt = 0;
      }
    }
  }

  function lose(lost: WebSocket, loss: Loss): void {
    if (socket !== lost) return;
    socket = null;
    lost.close();
    retry(loss);
  }

  function retry(loss: Loss): void {
    events.onLost();
    setTimeout(() => void connect(loss), backoffMs(attempt, Math.random()));
    attempt += 1;
  }

  void connect(null);
  setInterval(() => {
    const isSilent = performance.now() - heardAt > SILENCE_MS || performance.now() > proofDueAt;
    if (socket !== null && isSilent) lose(socket, { opened: true, code: CODE_ABNORMAL });
  }, CHECK_MS);

  const send = (request: LiveRequest) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request));
  };

  return {
    send,
    /** Asks for everything anew; where nothing comes, the socket is lost. */
    prove() {
      if (socket?.readyState !== WebSocket.OPEN) return;
      proofDueAt = performance.now() + PROOF_MS;
      send({ type: 'resync' });
    },
  };
}

function parse(text: string): LiveMessage | null {
  try {
    const value = JSON.parse(text) as LiveMessage;
    return value.type === 'snapshot' || value.type === 'patch' || value.type === 'tick' ? value : null;
  } catch {
    return null;
  }
}
