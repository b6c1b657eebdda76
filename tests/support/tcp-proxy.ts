/**
 * A network between terminals and the gateway that can be cut, frozen, slowed and healed. It moves bytes and knows no
 * protocol, so TLS passes unchanged.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** `up`: from the terminal to the gateway. */
export type Direction = 'up' | 'down';
export type Cut = 'rst' | 'fin';

export type TcpProxy = {
  readonly port: number;
  /** Connections that are open on the terminals' side. */
  connections(): number;
  /** Connections taken since the start. */
  accepted(): number;
  /** Bytes handed on since the start. */
  bytes(direction: Direction): number;
  /** Ends connections, all of them or those picked. New ones are taken. Returns how many it ended. */
  cut(how: Cut, pick?: () => boolean): number;
  /** Of every connection, also new ones until `heal`: exactly this many more bytes are handed on, then it is cut. */
  cutAfter(bytes: number, direction: Direction, how?: Cut): void;
  /**
   * Half-open: nothing is handed on, not even an end, and nobody is told. What was sent meanwhile arrives after `heal`, as
   * from a cable that was plugged in again, unless the sender has given up: then the other side still hears nothing of it
   * until `heal`.
   */
  freeze(direction: Direction | 'both'): void;
  /** One-way delay, for both directions. */
  delay(ms: number): void;
  /** Bytes a second and connection, in each direction. */
  limit(bytesPerS: number): void;
  /** Takes no connection: each is reset at once. Those that are open stay. */
  refuse(): void;
  /** Everything flows again. */
  heal(): void;
  /** Cuts everything and closes the port. */
  dispose(): Promise<void>;
};

/** What is held back a connection and direction before the sender is made to wait. */
const HELD_BYTES = 64 * 1024;
const STEP_MS = 10;

type Flow = { source: Socket; target: Socket; direction: Direction };
type Link = { up: Socket; down: Socket; budget: { left: number; direction: Direction; how: Cut } | null };

/** @param target a port of this machine, or the path of a Unix socket. @param isShared by the tests of a file, which disposes of it itself */
export async function startTcpProxy(target: () => number | string, isShared = false): Promise<TcpProxy> {
  const links = new Set<Link>();
  /** Of terminals; also those that have been ended and not closed yet. */
  const sockets = new Set<Socket>();
  const bytes = { up: 0, down: 0 };
  let accepted = 0;
  let frozen: Record<Direction, boolean> = { up: false, down: false };
  let [delayMs, bytesPerS, refusing] = [0, Number.POSITIVE_INFINITY, false];
  let budget: Link['budget'] = null;
  let thaw: (() => void)[] = [];

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (terminal) => {
    terminal.on('error', () => {});
    sockets.add(terminal);
    terminal.once('close', () => sockets.delete(terminal));
    if (refusing) {
      terminal.resetAndDestroy();
      return;
    }
    accepted += 1;
    const to = target();
    const gateway = connect({
      ...(typeof to === 'string' ? { path: to } : { port: to, host: '127.0.0.1', noDelay: true }),
      allowHalfOpen: true,
    });
    gateway.on('error', () => {});
    const link: Link = { up: terminal, down: gateway, budget: budget && { ...budget } };
    links.add(link);
    void carry({ source: terminal, target: gateway, direction: 'up' }, link);
    void carry({ source: gateway, target: terminal, direction: 'down' }, link);
  });

  function end(link: Link, how: Cut): void {
    links.delete(link);
    // A Unix socket knows no reset.
    for (const socket of [link.up, link.down])
      if (how === 'rst' && socket === link.down && typeof target() === 'string') socket.destroy();
      else if (how === 'rst') socket.resetAndDestroy();
      else socket.destroySoon();
  }

  const thawed = () => new Promise<void>((resolve) => thaw.push(resolve));
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  async function carry({ source, target, direction }: Flow, link: Link): Promise<void> {
    const queue: { chunk: Buffer; dueMs: number }[] = [];
    let [held, ended, reset] = [0, false, false];
    let wake = () => {};
    source.on('data', (chunk: Buffer) => {
      queue.push({ chunk, dueMs: performance.now() + delayMs });
      held += chunk.length;
      if (held > HELD_BYTES) source.pause();
      wake();
    });
    source.on('end', () => {
      ended = true;
      wake();
    });
    source.on('close', () => {
      // A source that closed without an end was reset, or never answered.
      reset = !ended;
      ended = true;
      wake();
    });
    while (links.has(link)) {
      const next = queue.shift();
      if (next === undefined) {
        if (ended) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      let rest = next.chunk;
      await pauseUntil(next.dueMs);
      while (rest.length > 0 && links.has(link)) {
        while (frozen[direction]) await thawed();
        const step = Number.isFinite(bytesPerS)
          ? Math.max(1, Math.round((bytesPerS * STEP_MS) / 1_000))
          : rest.length;
        rest = await hand(rest, step, { source, target, direction }, link);
        if (Number.isFinite(bytesPerS)) await pause(STEP_MS);
      }
      held -= next.chunk.length;
      if (held <= HELD_BYTES) source.resume();
    }
    while (frozen[direction]) await thawed();
    if (!links.has(link)) return;
    if (reset) end(link, 'rst');
    else target.end();
    if (link.up.readableEnded && link.down.readableEnded) links.delete(link);
  }

  /** Hands on at most `step` bytes, fewer when the connection is to be cut there; returns what is left. */
  async function hand(rest: Buffer, step: number, { target, direction }: Flow, link: Link): Promise<Buffer> {
    const limited = link.budget?.direction === direction ? link.budget : null;
    const part = rest.subarray(0, Math.min(step, limited?.left ?? rest.length));
    bytes[direction] += part.length;
    if (limited) limited.left -= part.length;
    if (limited?.left === 0) {
      // The part has to be on its way before the reset overtakes it.
      await new Promise((resolve) => target.write(part, resolve));
      if (links.has(link)) end(link, limited.how);
    } else if (!target.write(part)) await drained(target);
    return rest.subarray(part.length);
  }

  const drained = (socket: Socket) =>
    new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });

  async function pauseUntil(dueMs: number): Promise<void> {
    const leftMs = dueMs - performance.now();
    if (leftMs > 0) await pause(leftMs);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const heal = () => {
    frozen = { up: false, down: false };
    [delayMs, bytesPerS, refusing, budget] = [0, Number.POSITIVE_INFINITY, false, null];
    for (const link of links) link.budget = null;
    const waiting = thaw;
    thaw = [];
    for (const go of waiting) go();
  };

  const dispose = async () => {
    heal();
    for (const link of [...links]) end(link, 'rst');
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  // Also after a case that failed half way.
  if (!isShared) onTestFinished(dispose);

  return {
    port,
    connections: () => links.size,
    accepted: () => accepted,
    bytes: (direction) => bytes[direction],
    cut(how, pick = () => true) {
      const chosen = [...links].filter(pick);
      for (const link of chosen) end(link, how);
      return chosen.length;
    },
    cutAfter(count, direction, how = 'rst') {
      budget = { left: count, direction, how };
      for (const link of links) link.budget = { ...budget };
    },
    freeze(direction) {
      if (direction === 'both') frozen = { up: true, down: true };
      else frozen[direction] = true;
    },
    delay(ms) {
      delayMs = ms;
    },
    limit(perS) {
      bytesPerS = perS;
    },
    refuse() {
      refusing = true;
    },
    heal,
    dispose,
  };
}
