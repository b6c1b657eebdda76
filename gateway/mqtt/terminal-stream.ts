/**
 * What aedes has in place of a terminal's socket. Everything that is read passes here first: what is too large, too much or
 * no MQTT is cut, a terminal's messages go the short way (message-tap.ts), the rest is for aedes to read; and silence is measured
 * here, where every byte is seen. What is written goes out with what else is (outbox.ts).
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { UpKind } from '../../protocol/topics.ts';
import type { PeerCertificate } from './broker.ts';
import { answerHttp, isHttp } from './http-spoken.ts';
import { createMessageTap, type MessageTap } from './message-tap.ts';
import type { Outbox, Outlet } from './outbox.ts';
import { createFloodWatch, createHeaderWalk, type HeaderWalk } from './packet-limit.ts';

/** Messages taken and not done, beyond which no more is read from this connection. */
const MAX_UNDONE = 512;

/** A connection that has signed in. */
export type Session = {
  terminalId: string;
  connection: number;
  code: string | null;
  serial: string;
  address: string;
  isOpen(): boolean;
};

export type TerminalStreamOptions = {
  socket: Socket;
  certificate: PeerCertificate | null;
  address: string;
  maxPacketBytes: number;
  outbox: Outbox;
  /** It has been cut, or answered in HTTP, for this reason. */
  refused(reason: string, terminalId: string | null): void;
};

/** @param packetId null with QoS 0. @param done to be called once the message is settled. */
export type TakeMessage = (kind: UpKind, payload: Buffer, packetId: number | null, done: () => void) => void;

export class TerminalStream extends Duplex implements Outlet {
  readonly socket: Socket;
  /** Until it has signed in: a connection that stays keeps no more of it than its number. */
  certificate: PeerCertificate | null;
  readonly address: string;
  session: Session | null = null;
  /** As its CONNECT has asked for. */
  keepaliveS = 0;
  readonly #refused: TerminalStreamOptions['refused'];
  readonly #walk: HeaderWalk;
  readonly #isFlood: () => boolean;
  readonly #outbox: Outbox;
  #tap: MessageTap | null = null;
  /** aedes is in the middle of a packet: what follows is its own. */
  #passing = false;
  #spoken = false;
  #undone = 0;
  /** Nothing is read until enough is done, or until aedes has read. */
  #held = false;
  #full = false;
  #silence: NodeJS.Timeout | null = null;
  /** Whole packets that are written when the outbox is flushed. */
  #unsent: Buffer[] | null = null;
  #drained: (() => void) | null = null;

  constructor({ socket, certificate, address, maxPacketBytes, outbox, refused }: TerminalStreamOptions) {
    // Nothing is read while aedes has not taken what was: a vote is not to overtake what came before it.
    super({ readableHighWaterMark: 1 });
    this.socket = socket;
    this.certificate = certificate;
    this.address = address;
    this.#refused = refused;
    this.#walk = createHeaderWalk(maxPacketBytes);
    this.#isFlood = createFloodWatch(this.#walk);
    this.#outbox = outbox;
    socket
      .on('data', this.#take)
      .on('end', () => this.push(null))
      .on('drain', this.#goOn)
      .on('error', (error) => this.destroy(error))
      .on('close', () => this.destroy());
  }

  /** Is a message of it taken and not done? */
  get isBusy(): boolean {
    return this.#undone > 0;
  }

  /** From now on, messages on the topics that begin with `prefix` are handed to `take`. */
  tapMessages(prefix: string, take: TakeMessage): void {
    const done = () => {
      this.#undone -= 1;
      if (!this.#held || this.#undone > MAX_UNDONE / 2) return;
      this.#held = false;
      this.#readOn();
    };
    this.#tap = createMessageTap(prefix, (kind, payload, packetId) => {
      this.#undone += 1;
      take(kind, payload, packetId, done);
      return !this.socket.destroyed;
    });
  }

  /** Cuts it when nothing has come for so long (3.1.2.10); what is not read, for the gateway's own reasons, may have come. */
  expectWord(withinMs: number): void {
    this.#silence = setTimeout(() => {
      if (this.#held || this.#full) this.#silence?.refresh();
      else this.cut('keepalive-timeout');
    }, withinMs);
  }

  cut(reason: string): void {
    if (this.destroyed) return;
    this.#refused(reason, this.session?.terminalId ?? null);
    this.destroy();
  }

  readonly #take = (chunk: Buffer) => {
    if (!this.#spoken && isHttp(chunk)) {
      this.#refused('http-spoken', null);
      this.socket.off('data', this.#take).resume();
      answerHttp(this.socket);
      return;
    }
    this.#spoken = true;
    if (!this.#walk.take(chunk)) return this.cut('packet-too-large');
    if (this.#isFlood()) return this.cut('control-flood');
    this.#silence?.refresh();
    const others = this.#tap && !this.#passing ? this.#tap.take(chunk) : chunk;
    this.#passing = others !== null && !this.#walk.between();
    if (others !== null) this.#full = !this.push(others);
    this.#held = this.#undone >= MAX_UNDONE;
    if (this.#held || this.#full) this.socket.pause();
  };

  #readOn(): void {
    if (!this.#held && !this.#full) this.socket.resume();
  }

  override _read(): void {
    this.#full = false;
    this.#readOn();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.add(bytes);
    if (this.socket.writableNeedDrain) this.#drained = written;
    else written();
  }

  /** Whole packets: aedes corks while it writes one in pieces. */
  override _writev(pieces: { chunk: Buffer }[], written: () => void): void {
    this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), 'utf8', written);
  }

  /** Whole packets, which go out with what else does. */
  add(packets: Buffer): void {
    if (this.#unsent) this.#unsent.push(packets);
    else {
      this.#unsent = [packets];
      this.#outbox.add(this);
    }
  }

  /** Writes, at once, what is unsent, and these packets behind it. */
  flush(packets?: Buffer): void {
    const unsent = this.#unsent ?? [];
    this.#unsent = null;
    if (packets) unsent.push(packets);
    const [first] = unsent;
    if (first && !this.socket.destroyed)
      this.socket.write(unsent.length === 1 ? first : Buffer.concat(unsent));
  }

  readonly #goOn = () => {
    const written = this.#drained;
    this.#drained = null;
    written?.();
  };

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    if (this.#silence) clearTimeout(this.#silence);
    this.flush();
    this.socket.destroy();
    destroyed(error);
  }
}
