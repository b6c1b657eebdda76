/** Votes out, acks in. Only the gateway's own ack moves the cursor: a PUBACK proves no storage. */
import type { Ack } from '../../protocol/ack.ts';
import type { Command } from '../../protocol/command.ts';
import type { TerminalConfig } from '../../protocol/config.ts';
import type { CertificateAnswer } from '../../protocol/identity.ts';
import type { GatewayStatus } from '../../protocol/status.ts';
import { topicOf, type UpKind } from '../../protocol/topics.ts';
import type { DeviceClock } from '../board/clock.ts';
import type { CommandLine } from '../commands/commands.ts';
import { codeOf } from '../errors.ts';
import type { Credentials } from '../identity/credentials.ts';
import { createRenewal } from '../identity/renewal.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../log.ts';
import { type Connection, type ConnectionOptions, createConnection } from './connection.ts';
import { createGreeting } from './greeting.ts';
import { readIncoming } from './inbox.ts';
import { createSending } from './sending.ts';
import { createStrangers } from './strangers.ts';

export type UplinkOptions = Pick<
  ConnectionOptions,
  'terminalId' | 'gatewayUrl' | 'backoff' | 'keepaliveS'
> & {
  credentials: Credentials;
  journal: Journal;
  clock: DeviceClock;
  log: Log;
  /** What hello says beside the journal and the clock. */
  about: { version: string; inputs: string[] };
  /** Connected, and hello said. */
  onUp?: () => void;
  onConfig?: (config: TerminalConfig) => void;
  onCommand?: (command: Command) => void;
  /** Votes may be sent in this session. */
  onGreeted?: () => void;
  /** An ack of another epoch than the journal's. @returns whether somebody waits for it. */
  onOtherAck?: (ack: Ack) => boolean;
  /** This boot has learnt what time it is, or learnt it better. */
  onTime?: () => void;
  /**
   * The gateway holds votes of this epoch that this journal never sent: a copy of the card is, or was, running. Everything
   * that may have been sent was sent again before this is called, so that the gateway can tell repeats from strangers; what
   * is from `neverSentFrom` on belongs into a new epoch. Called again later when it throws.
   */
  onBehind?: (upTo: number, neverSentFrom: number) => void;
  resendMs?: number;
};

export type UplinkState = {
  connected: boolean;
  gatewayOnline: boolean;
  /** Messages from the gateway that were not understood, or were of another epoch. */
  rejected: number;
  resent: number;
};

export type Uplink = {
  start(): void;
  stop(): Promise<void>;
  /** Call after an append. */
  pump(): void;
  publishHealth(payload: string): void;
  state(): UplinkState;
  /** For what is said beside the journal of today, and after it. */
  line: CommandLine;
};

const RESEND_MS = 5_000;

export function createUplink(options: UplinkOptions): Uplink {
  const { terminalId, journal, clock, log, credentials, about, resendMs = RESEND_MS } = options;
  let rejected = 0;
  let gateway: GatewayStatus | null = null;

  const connection: Connection = createConnection({
    ...options,
    onUp: () => {
      // The retained gateway status may have come before this: nothing is forgotten here.
      greeting.say();
      pump();
      options.onUp?.();
    },
    onDown: forget,
    onMessage: take,
  });
  const publish = (kind: UpKind, message: object, answered?: (ok: boolean) => void) =>
    connection.publish(topicOf(terminalId, kind), JSON.stringify(message), answered);

  const sending = createSending({
    ...{ journal, clock, log, resendMs, pump },
    publish: (message, answered) => publish('votes', message, answered),
    renew: (why) => connection.renew(why),
  });
  const strangers = createStrangers({
    ...{ journal, log },
    leave: (upTo, neverSentFrom) => options.onBehind?.(upTo, neverSentFrom),
  });
  const greeting = createGreeting({
    ...{ journal, clock, about },
    publish: (hello) => publish('hello', hello),
    waitMs: resendMs,
    said() {
      sending.begin();
      strangers.forget();
    },
    ended(isNew) {
      pump();
      if (isNew) options.onGreeted?.();
    },
  });
  const renewal = createRenewal({
    ...{ credentials, clock, log },
    ask: (request) => void publish('csr', request),
  });

  function forget(): void {
    renewal.stop();
    gateway = null;
    greeting.forget();
    strangers.forget();
    sending.forget();
  }

  function pump(): void {
    if (!connection.isUp() || !gateway?.online) return;
    if (!greeting.isSaidFor(journal.epoch)) greeting.say();
    if (!greeting.isSaidFor(journal.epoch) || !greeting.isOver) return;
    const leaving = sending.isIdle ? strangers.tryToLeave() : 'waiting';
    if (leaving === 'left') pump();
    else if (leaving === 'waiting') sending.send(strangers.lastOfEpoch);
  }

  function take(topic: string, payload: Buffer): void {
    const incoming = readIncoming(terminalId, topic, payload);
    if (incoming.kind === 'ack') takeAck(incoming.ack, topic);
    else if (incoming.kind === 'gateway') takeGatewayStatus(incoming.status);
    else if (incoming.kind === 'config') options.onConfig?.(incoming.config);
    else if (incoming.kind === 'command') options.onCommand?.(incoming.command);
    else if (incoming.kind === 'certificate') takeCertificate(incoming.answer);
    else reject(topic, incoming.code);
  }

  function reject(topic: string, code: string): void {
    rejected += 1;
    // A peer that talks nonsense must not fill the card with it.
    if (rejected > 10 && rejected % 1_000 !== 0) return;
    log.warn({ code, topic, rejected }, 'a message from the gateway was ignored');
  }

  function takeGatewayStatus(status: GatewayStatus): void {
    gateway = status;
    greeting.met(status);
    pump();
  }

  function takeAck(ack: Ack, topic: string): void {
    if (ack.epoch !== journal.epoch) {
      if (options.onOtherAck?.(ack)) return;
      reject(topic, 'other-epoch');
      return;
    }
    clock.hearGateway(ack.time);
    options.onTime?.();
    const neverSentFrom = Math.max(journal.lastAtOpen, sending.highest) + 1;
    if (ack.upTo >= neverSentFrom || strangers.areKnown) takeStrangers(ack.upTo, neverSentFrom, topic);
    else {
      sending.takeAck(ack, !greeting.isOver);
      greeting.askedFor(Math.min(ack.upTo + 1, ...ack.missing.map(([from]) => from)));
    }
    if (!greeting.isOver) renewal.schedule();
    greeting.end();
  }

  function takeStrangers(upTo: number, neverSentFrom: number, topic: string): void {
    reject(topic, 'ack-beyond-journal');
    strangers.found(upTo, neverSentFrom);
    if (sending.isIdle) strangers.compared(sending.sentUpTo);
  }

  function takeCertificate(answer: CertificateAnswer): void {
    try {
      if (!credentials.take(answer)) return;
      log.info({}, 'a new certificate has come');
      connection.reconnect();
    } catch (error) {
      reject(topicOf(terminalId, 'certificate'), codeOf(error));
    }
  }

  return {
    start: () => {
      sending.forget();
      connection.start();
    },
    async stop() {
      await connection.stop();
      forget();
    },
    pump,
    publishHealth: (payload) => connection.publishLossy(topicOf(terminalId, 'health'), payload),
    line: {
      isFree: () =>
        connection.isUp() &&
        gateway?.online === true &&
        greeting.isSaidFor(journal.epoch) &&
        greeting.isOver &&
        sending.isIdle &&
        !strangers.areKnown,
      messageVotes: () => sending.messageVotes,
      hello: greeting.publish,
      votes: (message, done) => publish('votes', message, (ok) => ok && done()),
      result: (result, done) => publish('result', result, (ok) => ok && done()),
    },
    state: () => ({
      connected: connection.isUp(),
      gatewayOnline: gateway?.online === true,
      rejected,
      resent: sending.resent,
    }),
  };
}
