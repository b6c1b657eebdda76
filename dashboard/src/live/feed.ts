import { type ReadonlySignal, signal } from '@preact/signals';
import type { LiveMessage } from '../../../protocol/live.ts';
import type { Board } from './board.ts';
import { createFrames } from './frames.ts';
import type { GatewayClock } from './gateway-clock.ts';
import { emptyPending, foldPatch, foldSnapshot } from './pending.ts';
import { type Cursor, nextStep } from './sequence.ts';
import { type LiveSocketEvents, openLiveSocket } from './socket.ts';
import { watchWake } from './wake.ts';

/** `lostSince`: the gateway's clock when it was last heard, null when it never was. */
export type Connection = { state: 'connecting' | 'live' } | { state: 'lost'; lostSince: number | null };

/** Brings the live stream onto the board and says how much the board can be trusted. */
export function startFeed(
  url: string,
  board: Board,
  clock: GatewayClock,
  admit: LiveSocketEvents['admit'],
): ReadonlySignal<Connection> {
  const connection = signal<Connection>({ state: 'connecting' });
  let cursor: Cursor = null;
  let pending = emptyPending();
  let heard: number | null = null;

  const frames = createFrames(() => {
    const ready = pending;
    pending = emptyPending();
    board.apply(ready);
    if (cursor !== null && connection.value.state !== 'live') connection.value = { state: 'live' };
  });

  function receive(message: LiveMessage): boolean {
    const next = nextStep(cursor, message, performance.now());
    cursor = next.cursor;
    if (next.step === 'ignore') return false;
    if (next.step === 'ask') {
      socket.send({ type: 'resync' });
      return false;
    }
    clock.set(message.now);
    heard = message.now;
    if (message.type === 'tick') {
      if (message.alerts) {
        pending.alerts = message.alerts;
        frames.request();
      }
      return true;
    }
    if (message.type === 'snapshot') pending = foldSnapshot(message);
    else foldPatch(pending, message);
    frames.request();
    return true;
  }

  const socket = openLiveSocket(url, {
    admit,
    onMessage: receive,
    onOpen() {
      cursor = null;
    },
    onLost() {
      cursor = null;
      if (connection.value.state !== 'lost') connection.value = { state: 'lost', lostSince: heard };
    },
  });

  watchWake(socket.prove);
  return connection;
}

/** The live address of the gateway that served this page. */
export function liveUrl({ href }: Pick<Location, 'href'>): string {
  const url = new URL('../api/v1/live', href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
