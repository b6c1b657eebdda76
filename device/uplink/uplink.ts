/**
 * Votes out, acks in. A window of votes past the acked cursor is on its way at any time; only the gateway's own ack moves
 * the cursor (a PUBACK proves no storage). What is not acked in time, or asked for again, is sent again: insert-or-ignore
 * at the other end makes that harmless.
 */
import type { Ack } from '../../protocol/ack.ts';
import type { Command } from '../../protocol/command.ts';
import type { TerminalConfig } from '../../protocol/config.ts';
import type { Hello } from '../../protocol/hello.ts';
import type { CertificateAnswer } from '../../protocol/identity.ts';
import type { GatewayStatus } from '../../protocol/status.ts';
import { topicOf } from '../../protocol/topics.ts';
import type { VotesMessage } from '../../protocol/vote.ts';
import { createBackoff } from '../backoff.ts';
import { type DeviceClock, dateBy } from '../board/clock.ts';
import type { CommandLine } from '../commands/commands.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { Credentials } from '../identity/credentials.ts';
import { createRenewal } from '../identity/renewal.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../log.ts';
import { type Connection, type ConnectionOptions, createConnection } from './connection.ts';
import { canDate, createDating } from './dating.ts';
import { readIncoming } from './inbox.ts';
import { createPace } from './pace.ts';
import { createSendWindow, MESSAGES_IN_FLIGHT, type Range } from './send-window.ts';

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
const RESEND_CAP_MS = 60_000;
/** Resend rounds with a PUBACK outstanding before the session is given up. */
const STALLS_BEFORE_RENEW = 2;

export function createUplink(options: UplinkOptions): Uplink {
  const { terminalId, journal, clock, log, credentials } = options;
  const resendBackoff = createBackoff({
    baseMs: options.resendMs ?? RESEND_MS,
    capMs: RESEND_CAP_MS,
    floorMs: (options.resendMs ?? RESEND_MS) / 2,
  });
  const window = createSendWindow();
  const pace = createPace();
  let windowEpoch = journal.epoch;
  const date = createDating(journal, clock);
  let rejected = 0;
  let gateway: { online: boolean; instance: string } | null = null;
  let helloed: { epoch: string; instance: string | null; first: number } | null = null;
  /** Set while votes of somebody else are known under this epoch. */
  let behind: { upTo: number; neverSentFrom: number; told: boolean } | null = null;
  let inFlight = 0;
  let stalls = 0;
  let resendTimer: NodeJS.Timeout | undefined;
  /** Votes wait for the answer to the hello: it says what is stored already, and what time it is. */
  let greeted = false;
  let greetTimer: NodeJS.Timeout | undefined;

  const connection: Connection = createConnection({
    ...options,
    onUp: () => {
      // The retained gateway status may have come before this: nothing is forgotten here.
      sayHello();
      pump();
      options.onUp?.();
    },
    onDown: forget,
    onMessage: take,
  });

  const renewal = createRenewal({
    ...{ credentials, clock, log },
    ask: (request) => void connection.publish(topicOf(terminalId, 'csr'), JSON.stringify(request)),
  });

  function forget(): void {
    clearTimeout(resendTimer);
    clearTimeout(greetTimer);
    renewal.stop();
    resendTimer = undefined;
    gateway = null;
    helloed = null;
    inFlight = 0;
    stalls = 0;
    behind = null;
    window.restart(journal.acked);
    resendBackoff.reset();
  }

  function publishHello(epoch: string, { first, last }: Hello['journal']): boolean {
    const { version, inputs } = options.about;
    const hello: Hello = {
      epoch,
      boot: clock.bootId,
      version,
      inputs,
      journal: { first, last },
      clock: clock.anchor().clock,
      ...(canDate(clock) && { time: dateBy(clock.anchor(), clock.monoMs()).at }),
      mono: Math.round(clock.monoMs()),
    };
    return connection.publish(topicOf(terminalId, 'hello'), JSON.stringify(hello));
  }

  function sayHello(): void {
    // Nothing to say while there is no journal; it is said when there is.
    if (journal.epoch === '' || !publishHello(journal.epoch, journal)) return;
    if (windowEpoch !== journal.epoch) window.reset();
    windowEpoch = journal.epoch;
    helloed = { epoch: journal.epoch, instance: gateway?.instance ?? null, first: journal.first };
    window.restart(journal.acked);
    greeted = false;
    behind = null;
    clearTimeout(greetTimer);
    greetTimer = setTimeout(giveUpGreeting, options.resendMs ?? RESEND_MS);
  }

  /** Votes without a date would be placed where they come: rather ask for the time once more than send them. */
  function giveUpGreeting(): void {
    if (canDate(clock)) endGreeting();
    else sayHello();
  }

  function endGreeting(): void {
    clearTimeout(greetTimer);
    const isNew = !greeted;
    greeted = true;
    pump();
    if (isNew) options.onGreeted?.();
  }

  function pump(): void {
    if (!connection.isUp() || !gateway?.online) return;
    if (helloed?.epoch !== journal.epoch) sayHello();
    if (helloed === null || !greeted) return;
    if (behind !== null && leaveEpoch(behind)) return;
    const { first, acked } = journal;
    const last = behind === null ? journal.last : behind.neverSentFrom - 1;
    while (inFlight < MESSAGES_IN_FLIGHT) {
      const range = window.next({ first, last, acked, most: pace.votes }, clock.monoMs());
      if (range === null || !send(range)) break;
    }
    armResend();
  }

  function send(range: Range): boolean {
    const votes = journal.read(range.from, range.to - range.from + 1).map(date);
    if (votes.length === 0) return false;
    const message: VotesMessage = { epoch: journal.epoch, votes, totals: journal.totals() };
    const sentMs = clock.monoMs();
    const sent = connection.publish(topicOf(terminalId, 'votes'), JSON.stringify(message), (ok) => {
      inFlight -= 1;
      stalls = 0;
      if (!ok) return;
      pace.answered(clock.monoMs() - sentMs);
      pump();
    });
    if (!sent) return false;
    inFlight += 1;
    window.sent(range, sentMs);
    return true;
  }

  function armResend(): void {
    if (resendTimer !== undefined || journal.acked >= window.sentUpTo) return;
    resendTimer = setTimeout(() => {
      resendTimer = undefined;
      // With a PUBACK outstanding the gateway is slow, not deaf: more of the same would make it slower.
      if (inFlight === 0) window.retry(journal.acked);
      else if (++stalls >= STALLS_BEFORE_RENEW) {
        pace.gaveUp();
        connection.renew('votes were sent and nothing came back');
      }
      pump();
    }, resendBackoff.nextMs());
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
    // A gateway that came (back) after our hello did not hear it, and what was on its way to the old one may be lost.
    if (!status.online) {
      helloed = null;
      return;
    }
    if (helloed !== null && helloed.instance === null) helloed.instance = status.instance;
    if (helloed === null || helloed.instance !== status.instance) sayHello();
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
    const neverSentFrom = Math.max(journal.lastAtOpen, window.highest) + 1;
    if (ack.upTo >= neverSentFrom || behind !== null) takeStrangers(ack.upTo, neverSentFrom, topic);
    else takeCursor(ack);
    if (!greeted) renewal.schedule();
    endGreeting();
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

  function takeCursor({ upTo, missing }: Ack): void {
    const before = journal.acked;
    journal.setAcked(upTo);
    if (upTo < before) keepLowCursor();
    const progressed = window.takeAck(upTo, before, missing);
    // What an earlier session sent and saw no ack for may be stored by a copy of this card with another body. Sent once more, it
    // is a repeat or it is found out.
    if (!greeted && upTo > before) window.repeat({ from: before + 1, to: Math.min(upTo, journal.last) });
    askedForPruned(Math.min(upTo + 1, ...missing.map(([from]) => from)));
    if (!progressed) return;
    log.debug({ upTo }, 'acked');
    clearTimeout(resendTimer);
    resendTimer = undefined;
    resendBackoff.reset();
  }

  /** A gateway without what it once acked: a crash here must not leave a cursor on disk that lets those votes go. */
  function keepLowCursor(): void {
    try {
      journal.flush();
    } catch (error) {
      log.warn({ code: codeOf(error) }, messageOf(error));
    }
  }

  /** The gateway calls lost what it knows to be gone, and it knows by hello: said once for each time that something went. */
  function askedForPruned(lowest: number): void {
    if (lowest < journal.first && helloed !== null && helloed.first < journal.first) sayHello();
  }

  function takeStrangers(upTo: number, neverSentFrom: number, topic: string): void {
    reject(topic, 'ack-beyond-journal');
    behind ??= { upTo, neverSentFrom, told: false };
    // What was sent again in this session and answered by this ack has been compared.
    if (inFlight === 0) journal.setAcked(Math.min(window.sentUpTo, behind.neverSentFrom - 1));
  }

  /** True when nothing is to be sent under this epoch any more. */
  function leaveEpoch(found: NonNullable<typeof behind>): boolean {
    if (inFlight > 0 || journal.acked < found.neverSentFrom - 1) return false;
    try {
      options.onBehind?.(found.upTo, found.neverSentFrom);
    } catch (error) {
      if (!found.told) log.error({ code: codeOf(error) }, messageOf(error));
      found.told = true;
      return true;
    }
    behind = null;
    pump();
    return true;
  }

  return {
    start: () => {
      window.restart(journal.acked);
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
        helloed?.epoch === journal.epoch &&
        greeted &&
        inFlight === 0 &&
        behind === null,
      messageVotes: () => pace.votes,
      hello: publishHello,
      votes: (message, done) =>
        connection.publish(topicOf(terminalId, 'votes'), JSON.stringify(message), (ok) => ok && done()),
      result: (result, done) =>
        connection.publish(topicOf(terminalId, 'result'), JSON.stringify(result), (ok) => ok && done()),
    },
    state: () => ({
      connected: connection.isUp(),
      gatewayOnline: gateway?.online === true,
      rejected,
      resent: window.resent,
    }),
  };
}
