/**
 * Votes out, acks in. A window of votes past the acked cursor is on its way at any time; only the gateway's own ack moves
 * the cursor (a PUBACK proves no storage). What is not acked in time, or asked for again, is sent again: insert-or-ignore
 * at the other end makes that harmless.
 */
import type { Ack } from '../protocol/ack.ts';
import type { TerminalConfig } from '../protocol/config.ts';
import type { Hello } from '../protocol/hello.ts';
import type { GatewayStatus } from '../protocol/status.ts';
import { topicOf } from '../protocol/topics.ts';
import { MAX_VOTES_PER_MESSAGE, type Vote, type VotesMessage } from '../protocol/vote.ts';
import { createBackoff } from './backoff.ts';
import { type DeviceClock, dateBy } from './clock.ts';
import { type Connection, type ConnectionOptions, createConnection } from './connection.ts';
import { readIncoming } from './inbox.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';

export type UplinkOptions = Pick<
  ConnectionOptions,
  'terminalId' | 'password' | 'gatewayUrl' | 'backoff' | 'keepaliveS'
> & {
  journal: Journal;
  clock: DeviceClock;
  log: Log;
  /** What hello says beside the journal and the clock. */
  about: { version: string; inputs: string[] };
  /** Connected, and hello said. */
  onUp?: () => void;
  onConfig?: (config: TerminalConfig) => void;
  /**
   * The gateway holds votes of this epoch that this journal never gave: an old copy of the card is running. Everything kept
   * was sent to it before this is called, so that it can tell repeats from strangers.
   */
  onBehind?: (upTo: number) => void;
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
};

/** Messages that wait for their PUBACK; more presses gather into the next one. */
const MESSAGES_IN_FLIGHT = 4;
const WINDOW_VOTES = MESSAGES_IN_FLIGHT * MAX_VOTES_PER_MESSAGE;
const RESEND_MS = 5_000;
const RESEND_CAP_MS = 60_000;
/** What was sent so recently is on its way, even if an ack calls it missing. */
const FRESH_MS = 2_000;
/** Resend rounds with a PUBACK outstanding before the session is given up. */
const STALLS_BEFORE_RENEW = 2;

type Sent = { from: number; to: number; atMs: number };

export function createUplink(options: UplinkOptions): Uplink {
  const { terminalId, journal, clock, log } = options;
  const resendBackoff = createBackoff({
    baseMs: options.resendMs ?? RESEND_MS,
    capMs: RESEND_CAP_MS,
    floorMs: (options.resendMs ?? RESEND_MS) / 2,
  });
  const counts = { rejected: 0, resent: 0 };
  let gateway: { online: boolean; instance: string } | null = null;
  let helloed: { epoch: string; instance: string | null } | null = null;
  let sentUpTo = 0;
  let highestSent = 0;
  let inFlight = 0;
  let stalls = 0;
  let missing: [number, number][] = [];
  let recent: Sent[] = [];
  let resendTimer: NodeJS.Timeout | undefined;

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

  function forget(): void {
    clearTimeout(resendTimer);
    resendTimer = undefined;
    gateway = null;
    helloed = null;
    inFlight = 0;
    stalls = 0;
    missing = [];
    recent = [];
    sentUpTo = journal.acked;
    resendBackoff.reset();
  }

  function sayHello(): void {
    const { version, inputs } = options.about;
    const hello: Hello = {
      epoch: journal.epoch,
      boot: clock.bootId,
      version,
      inputs,
      journal: { first: journal.first, last: journal.last },
      clock: clock.anchor().clock,
    };
    if (!connection.publish(topicOf(terminalId, 'hello'), JSON.stringify(hello))) return;
    helloed = { epoch: journal.epoch, instance: gateway?.instance ?? null };
    sentUpTo = journal.acked;
    highestSent = 0;
    recent = [];
    missing = [];
  }

  function pump(): void {
    if (!connection.isUp() || helloed === null || !gateway?.online) return;
    if (helloed.epoch !== journal.epoch) sayHello();
    while (inFlight < MESSAGES_IN_FLIGHT) {
      const votes = nextMissing() ?? nextFresh();
      if (votes === null || !send(votes)) break;
    }
    armResend();
  }

  function nextFresh(): Vote[] | null {
    const room = journal.acked + WINDOW_VOTES - sentUpTo;
    const votes = room > 0 ? journal.read(sentUpTo + 1, Math.min(room, MAX_VOTES_PER_MESSAGE)) : [];
    const last = votes.at(-1);
    if (last === undefined) return null;
    sentUpTo = last.seq;
    return votes;
  }

  /** The votes of the next range asked for, as far as they are kept and not on their way already. */
  function nextMissing(): Vote[] | null {
    for (let range = missing[0]; range !== undefined; range = missing[0]) {
      const [from, to] = range;
      const fresh = recent.find((sent) => sent.to >= from && sent.from <= from);
      const start = fresh ? fresh.to + 1 : Math.max(from, journal.first);
      if (start > to || start > journal.last) {
        missing.shift();
        continue;
      }
      if (start > from) {
        missing[0] = [start, to];
        continue;
      }
      const votes = journal.read(start, Math.min(MAX_VOTES_PER_MESSAGE, to - start + 1));
      const last = votes.at(-1);
      if (last === undefined) missing.shift();
      else missing[0] = [last.seq + 1, to];
      if (last !== undefined) return votes;
    }
    return null;
  }

  function send(votes: Vote[]): boolean {
    const message: VotesMessage = {
      epoch: journal.epoch,
      votes: votes.map(redate),
      totals: journal.totals(),
    };
    const sent = connection.publish(topicOf(terminalId, 'votes'), JSON.stringify(message), (ok) => {
      inFlight -= 1;
      stalls = 0;
      if (ok) pump();
    });
    if (!sent) return false;
    inFlight += 1;
    const from = votes[0]!.seq;
    const to = votes.at(-1)!.seq;
    if (from <= highestSent) counts.resent += votes.length;
    highestSent = Math.max(highestSent, to);
    const nowMs = clock.monoMs();
    recent = recent.filter((one) => nowMs - one.atMs < FRESH_MS).slice(-WINDOW_VOTES);
    recent.push({ from, to, atMs: nowMs });
    return true;
  }

  function redate(vote: Vote): Vote {
    if (vote.clock !== 'estimated') return vote;
    const anchor = vote.boot === clock.bootId ? clock.anchor() : journal.anchorOf(vote.boot);
    return anchor === null || anchor.clock === 'estimated' ? vote : { ...vote, ...dateBy(anchor, vote.mono) };
  }

  function armResend(): void {
    if (resendTimer !== undefined || journal.acked >= sentUpTo) return;
    resendTimer = setTimeout(() => {
      resendTimer = undefined;
      if (journal.acked >= sentUpTo || !connection.isUp()) return pump();
      if (inFlight > 0 && ++stalls >= STALLS_BEFORE_RENEW)
        return connection.renew('votes were sent and nothing came back');
      // With a PUBACK outstanding the gateway is slow, not deaf: more of the same would make it slower.
      if (inFlight === 0) sentUpTo = journal.acked;
      recent = [];
      pump();
    }, resendBackoff.nextMs());
  }

  function take(topic: string, payload: Buffer): void {
    const incoming = readIncoming(terminalId, topic, payload);
    if (incoming.kind === 'ack') takeAck(incoming.ack, topic);
    else if (incoming.kind === 'gateway') takeGatewayStatus(incoming.status);
    else if (incoming.kind === 'config') options.onConfig?.(incoming.config);
    else reject(topic, incoming.code);
  }

  function reject(topic: string, code: string): void {
    counts.rejected += 1;
    log.warn({ code, topic, rejected: counts.rejected }, 'a message from the gateway was ignored');
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
      reject(topic, 'other-epoch');
      return;
    }
    clock.hearGateway(ack.time);
    if (ack.upTo > journal.last) takeAckBeyond(ack.upTo, topic);
    else takeCursor(ack);
    pump();
  }

  function takeCursor({ upTo, missing: asked }: Ack): void {
    const before = journal.acked;
    journal.setAcked(upTo);
    missing = asked.map(([from, to]) => [from, Math.min(to, sentUpTo)]);
    if (upTo > before) {
      clearTimeout(resendTimer);
      resendTimer = undefined;
      resendBackoff.reset();
      sentUpTo = Math.max(sentUpTo, upTo);
    }
    // A restored gateway lost votes that it once acked. What was sent a moment ago is on its way to it.
    const onItsWay = recent.some((sent) => sent.from <= upTo + 1 && sent.to > upTo);
    if (upTo < before && !onItsWay) sentUpTo = upTo;
  }

  function takeAckBeyond(upTo: number, topic: string): void {
    reject(topic, 'ack-beyond-journal');
    if (inFlight > 0) return;
    journal.setAcked(sentUpTo);
    if (sentUpTo >= journal.last) options.onBehind?.(upTo);
  }

  return {
    start: () => {
      sentUpTo = journal.acked;
      connection.start();
    },
    async stop() {
      clearTimeout(resendTimer);
      await connection.stop();
      clearTimeout(resendTimer);
    },
    pump,
    publishHealth: (payload) => connection.publishLossy(topicOf(terminalId, 'health'), payload),
    state: () => ({ connected: connection.isUp(), gatewayOnline: gateway?.online === true, ...counts }),
  };
}
