const FIRST_MS = 300;
const CAP_MS = 5_000;
const LEAST_MS = 150;

/**
 * How long to wait before attempt number `attempt` (0 for the first after a loss), in milliseconds: exponential with
 * full jitter, so that a hundred walls do not come back in the same instant. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(LEAST_MS + random * (ceiling - LEAST_MS));
}
