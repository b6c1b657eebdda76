/** The terminal's certificate is renewed in time, by asking over the connection that it has. */
import type { SigningRequest } from '../../protocol/identity.ts';
import { type DeviceClock, dateBy } from '../board/clock.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Credentials } from './credentials.ts';

export type RenewalOptions = {
  credentials: Credentials;
  clock: DeviceClock;
  log: Log;
  ask(request: SigningRequest): void;
};

export type Renewal = {
  /** Call when connected, and again when the time is known better. */
  schedule(): void;
  stop(): void;
};

/** No answer to a request by then: ask again. */
const RETRY_MS = 3_600_000;
/** Timers cannot wait for longer than 24 days, and a clock may be set meanwhile. */
const LOOK_MS = 86_400_000;

export function createRenewal({ credentials, clock, log, ask }: RenewalOptions): Renewal {
  let timer: NodeJS.Timeout | undefined;

  /** Only once the time is known: on a board without a clock, the one that it woke up with says nothing. */
  function schedule(): void {
    clearTimeout(timer);
    const renewAfter = credentials.renewAfter();
    if (renewAfter === null || clock.anchor().clock === 'estimated') return;
    const waitMs = renewAfter - dateBy(clock.anchor(), clock.monoMs()).at;
    if (waitMs <= 0) void request();
    else timer = setTimeout(schedule, Math.min(waitMs, LOOK_MS));
  }

  async function request(): Promise<void> {
    timer = setTimeout(schedule, RETRY_MS);
    try {
      ask(await credentials.request());
    } catch (error) {
      log.warn({ code: codeOf(error) }, `no new certificate was asked for: ${messageOf(error)}`);
    }
  }

  return { schedule, stop: () => clearTimeout(timer) };
}
