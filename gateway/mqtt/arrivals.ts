/**
 * Connections that wait for their TLS handshake, each in its turn. When a whole city comes back at once, handshakes begun
 * together share the processor and end together, at the very end: on a slower machine, after every terminal has given up.
 * In turn, the first are in at once, and what was begun is brought to its end. Nobody has a turn before saying something, and
 * each host has every other turn, however many connections it has opened.
 */
import type { Socket } from 'node:net';
import { answerHttp, isHttp } from './http-spoken.ts';
import { SIGNATURE } from './proxy-header.ts';

export type ArrivalsDeps = {
  /** A connection without a first word for so long is cut. */
  silenceMs: number;
  /** A peer whose handshake takes longer keeps its connection, not its place. */
  patienceMs?: number;
  /** Has just said its first word, or begun its handshake. */
  progressed(address: string): void;
  /** `tls-failed`: said nothing for too long, or too much before it was answered. It is cut. */
  refused(reason: 'tls-failed' | 'http-spoken' | 'proxy-header-unexpected'): void;
  /** What was read of it, `hello`, is at the front of its stream again. */
  begin(socket: Socket, hello: Buffer): void;
};

export type Arrivals = {
  /** @param address of its peer, which is how `ended` names it. @param host whose turn it is: not the balancer's in between. */
  add(address: string, socket: Socket, host?: string): void;
  /** What was begun has come to its end. */
  ended(address: string): void;
};

/** Enough to keep the processor busy while peers far away do their part. */
const AT_ONCE = 64;
/** Of them, in one turn of the event loop: votes come in between. */
const BEGUN_A_TURN = 16;
const PATIENCE_MS = 50;
/** Before the gateway has answered, a peer has nothing to say but its ClientHello (RFC 8446, 4.1.2). */
const MAX_HELLO_BYTES = 16 * 1024;

export function createArrivals(deps: ArrivalsDeps): Arrivals {
  const { silenceMs, patienceMs = PATIENCE_MS, progressed, refused, begin } = deps;
  /** By host, the one that has just had a turn last; of each in the order of their first words. To be called for their turn. */
  const waiting = new Map<string, Map<Socket, () => void>>();
  const begun = new Map<string, NodeJS.Timeout>();
  let called = false;

  const call = () => {
    if (called || waiting.size === 0 || begun.size >= AT_ONCE) return;
    called = true;
    setImmediate(() => {
      called = false;
      let free = Math.min(BEGUN_A_TURN, AT_ONCE - begun.size);
      for (const [host, ofHost] of waiting) {
        if (free === 0) break;
        free -= 1;
        const [next] = ofHost;
        waiting.delete(host);
        if (!next) continue;
        ofHost.delete(next[0]);
        if (ofHost.size > 0) waiting.set(host, ofHost);
        next[1]();
      }
      call();
    });
  };
  const forget = (host: string, socket: Socket) => {
    const ofHost = waiting.get(host);
    ofHost?.delete(socket);
    if (ofHost?.size === 0) waiting.delete(host);
  };
  const end = (address: string) => {
    clearTimeout(begun.get(address));
    if (begun.delete(address)) call();
  };

  return {
    add(address, socket, host = socket.remoteAddress ?? '') {
      let hello: Buffer[] = [];
      let bytes = 0;
      const cut = () => void socket.destroy();
      const refuse = (reason: 'tls-failed' | 'proxy-header-unexpected' = 'tls-failed') => {
        refused(reason);
        cut();
      };
      const late = () => refuse();
      const read = (data: Buffer) => {
        if (hello.length === 0 && isHttp(data)) {
          socket.off('data', read);
          refused('http-spoken');
          return answerHttp(socket);
        }
        hello.push(data);
        bytes += data.length;
        if (bytes > MAX_HELLO_BYTES) return refuse();
        if (hello.length > 1) return;
        // From a balancer that is not trusted, or while none is expected: its handshake would fail and nobody knew why.
        if (data.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return refuse('proxy-header-unexpected');
        socket.setTimeout(0);
        const ofHost = waiting.get(host) ?? new Map<Socket, () => void>();
        waiting.set(host, ofHost.set(socket, take));
        progressed(address);
        call();
      };
      const take = () => {
        if (socket.destroyed) return;
        socket.off('data', read).off('end', cut).off('timeout', late).off('close', leave);
        begun.set(
          address,
          setTimeout(() => end(address), patienceMs),
        );
        socket.once('close', () => end(address));
        progressed(address);
        socket.pause();
        const said = Buffer.concat(hello);
        // A connection that stays does not keep it.
        hello = [];
        socket.unshift(said);
        begin(socket, said);
      };
      const leave = () => forget(host, socket);
      socket.on('data', read).once('end', cut).once('close', leave);
      socket.setTimeout(silenceMs, late);
    },
    ended: end,
  };
}
