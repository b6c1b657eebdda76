/**
 * Votes on their way. A window of votes past the acked cursor is on its way at any time; what is not acked in time, or asked for
 * again, is sent again: insert-or-ignore at the other end makes that harmless.
 */
import type { Ack } from '../../protocol/ack.ts';
import type { VotesMessage } from '../../protocol/vote.ts';
import { createBackoff } from '../backoff.ts';
import type { DeviceClock } from '../board/clock.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../log.ts';
import { createDating } from './dating.ts';
import { createPace } from './pace.ts';
import { createSendWindow, MESSAGES_IN_FLIGHT, type Range } from './send-window.ts';

export type SendingDeps = {
  journal: Journal;
  clock: DeviceClock;
  log: Log;
  /** `answered` when the PUBACK has come (true) or never will. @returns false while there is no session. */
  publish(message: VotesMessage, answered: (ok: boolean) => void): boolean;
  /** There may be more to send now. */
  pump(): void;
  /** Nothing comes back: only another session may help. */
  renew(why: string): void;
  resendMs: number;
};

export type Sending = {
  /** Everything that may be sent now, of the votes up to `last`. */
  send(last: number): void;
  /** @param isFirst of this session */
  takeAck(ack: Ack, isFirst: boolean): void;
  /** The journal's epoch has been told in this session: begins behind the cursor. */
  begin(): void;
  /** The session is over. */
  forget(): void;
  readonly isIdle: boolean;
  /** The highest number sent since `begin`. */
  readonly sentUpTo: number;
  /** The highest that this process has ever sent of this epoch. */
  readonly highest: number;
  /** At most, in one message. */
  readonly messageVotes: number;
  /** Votes that were sent more than once. */
  readonly resent: number;
};

const RESEND_CAP_MS = 60_000;
/** Resend rounds with a PUBACK outstanding before the session is given up. */
const STALLS_BEFORE_RENEW = 2;

export function createSending(deps: SendingDeps): Sending {
  const { journal, clock, log, publish, pump, renew, resendMs } = deps;
  const backoff = createBackoff({ baseMs: resendMs, capMs: RESEND_CAP_MS, floorMs: resendMs / 2 });
  const window = createSendWindow();
  const pace = createPace();
  const date = createDating(journal, clock);
  let epoch = journal.epoch;
  let inFlight = 0;
  let stalls = 0;
  let timer: NodeJS.Timeout | undefined;

  const sendRange = (range: Range): boolean => {
    const votes = journal.read(range.from, range.to - range.from + 1).map(date);
    if (votes.length === 0) return false;
    const sentMs = clock.monoMs();
    const message = { epoch: journal.epoch, votes, totals: journal.totals() };
    const sent = publish(message, (ok) => {
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
  };

  const armResend = () => {
    if (timer !== undefined || journal.acked >= window.sentUpTo) return;
    timer = setTimeout(() => {
      timer = undefined;
      // With a PUBACK outstanding the gateway is slow, not deaf: more of the same would make it slower.
      if (inFlight === 0) window.retry(journal.acked);
      else if (++stalls >= STALLS_BEFORE_RENEW) {
        pace.gaveUp();
        renew('votes were sent and nothing came back');
      }
      pump();
    }, backoff.nextMs());
  };
  const calm = () => {
    clearTimeout(timer);
    timer = undefined;
    backoff.reset();
  };

  /** A gateway without what it once acked: a crash here must not leave a cursor on disk that lets those votes go. */
  const keepLowCursor = () => {
    try {
      journal.flush();
    } catch (error) {
      log.warn({ code: codeOf(error) }, messageOf(error));
    }
  };

  return {
    send(last) {
      const { first, acked } = journal;
      while (inFlight < MESSAGES_IN_FLIGHT) {
        const range = window.next({ first, last, acked, most: pace.votes }, clock.monoMs());
        if (range === null || !sendRange(range)) break;
      }
      armResend();
    },
    takeAck({ upTo, missing }, isFirst) {
      const before = journal.acked;
      journal.setAcked(upTo);
      if (upTo < before) keepLowCursor();
      const progressed = window.takeAck(upTo, before, missing);
      // What an earlier session sent and saw no ack for may be stored by a copy of this card with another body. Sent once more, it
      // is a repeat or it is found out.
      if (isFirst && upTo > before) window.repeat({ from: before + 1, to: Math.min(upTo, journal.last) });
      if (!progressed) return;
      log.debug({ upTo }, 'acked');
      calm();
    },
    begin() {
      if (epoch !== journal.epoch) window.reset();
      epoch = journal.epoch;
      window.restart(journal.acked);
    },
    forget() {
      calm();
      inFlight = 0;
      stalls = 0;
      window.restart(journal.acked);
    },
    get isIdle() {
      return inFlight === 0;
    },
    get sentUpTo() {
      return window.sentUpTo;
    },
    get highest() {
      return window.highest;
    },
    get messageVotes() {
      return pace.votes;
    },
    get resent() {
      return window.resent;
    },
  };
}
