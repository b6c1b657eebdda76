/**
 * Watches the gateway's own wall clock: it dates votes and orders the periods of every score, and people must hear when it was
 * set. What it moved against the clock that nobody sets is the size of the step.
 */
import type { Logger } from 'pino';
import { createTokenBuckets } from '../domain/token-buckets.ts';

export type ClockWatch = {
  /** Looks; called every second. */
  look(): void;
  steps(): number;
  /** Milliseconds, forward positive; 0 before the first. */
  lastStepMs(): number;
};

/** A slewing NTP moves it by half a millisecond a second at most. */
export const STEP_MS = 2_000;

export type ClockWatchDeps = {
  now: () => number;
  monotonic: () => number;
  log: Pick<Logger, 'warn'>;
  stepped(stepMs: number): void;
};

export function createClockWatch({ now, monotonic, log, stepped }: ClockWatchDeps): ClockWatch {
  // A clock that is set to and fro for ever fills no log: the counter goes on.
  const told = createTokenBuckets(1 / 60, 10);
  let offset = now() - monotonic();
  let steps = 0;
  let lastStepMs = 0;
  return {
    look() {
      const seen = now() - monotonic();
      const stepMs = Math.round(seen - offset);
      offset = seen;
      if (Math.abs(stepMs) <= STEP_MS) return;
      steps += 1;
      lastStepMs = stepMs;
      if (told.take(0, monotonic()))
        log.warn(
          { code: 'clock-stepped', stepMs, steps },
          "the gateway's clock was set: votes before and after are dated by different clocks; keep it with NTP",
        );
      stepped(stepMs);
    },
    steps: () => steps,
    lastStepMs: () => lastStepMs,
  };
}
