/**
 * A laptop that slept, on systems whose monotonic clock sleeps with it: nothing seems to have been silent, but what is shown is
 * hours old. Seen by the wall clock, which went on alone. One that was set looks the same, so this is only a reason to ask.
 */
export const APART_MS = 3_000;
const CHECK_MS = 1_000;

export type WakeClocks = { wallMs(): number; monotonicMs(): number };

/** @returns what to call now and then: whether the two clocks have gone apart since the last call. */
export function createWakeCheck({ wallMs, monotonicMs }: WakeClocks): () => boolean {
  let before = wallMs() - monotonicMs();
  return () => {
    const now = wallMs() - monotonicMs();
    const apart = Math.abs(now - before) > APART_MS;
    before = now;
    return apart;
  };
}

/** Calls `woken` whenever that has happened, at most a second later. */
export function watchWake(woken: () => void): void {
  const check = createWakeCheck({ wallMs: Date.now, monotonicMs: () => performance.now() });
  setInterval(() => {
    if (check()) woken();
  }, CHECK_MS);
}
