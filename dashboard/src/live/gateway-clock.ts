import { type ReadonlySignal, signal } from '@preact/signals';

/**
 * The gateway's clock as this browser knows it: the last time it named, carried on by the browser's monotonic clock.
 * The kiosk's own wall clock plays no part, so a wall with a wrong or a stepped clock still shows the right ages.
 */
export type GatewayClock = {
  /** Milliseconds since the epoch, moved on once a second; null before the gateway has spoken. */
  now: ReadonlySignal<number | null>;
  /** The same to the millisecond. */
  exact(): number | null;
  set(gatewayMs: number): void;
};

/** A message that was held up on its way names an older time: that is no step of the gateway's clock. */
export const HELD_UP_MS = 2_000;
/** Monotonic clocks of two machines drift apart by some parts in ten thousand: the estimate may come down so quickly. */
const DRIFT = 0.001;

/** `monotonicMs` is performance.now, which goes on whatever is done to the wall clock. */
export function createGatewayClock(monotonicMs: () => number = () => performance.now()): GatewayClock {
  const now = signal<number | null>(null);
  /** The gateway's time less ours; the true one is no less than any that was seen, as no message comes before it is sent. */
  let known: { offset: number; at: number } | null = null;

  const exact = () => (known === null ? null : known.offset + monotonicMs());

  function tick(): void {
    const value = exact();
    if (value !== null) now.value = Math.floor(value / 1000) * 1000;
    setTimeout(tick, value === null ? 250 : 1000 - (value % 1000) + 5);
  }
  tick();

  return {
    now,
    exact,
    set(gatewayMs) {
      const at = monotonicMs();
      const seen = gatewayMs - at;
      const before = known;
      const stepped = before === null || Math.abs(seen - before.offset) > HELD_UP_MS;
      const offset = stepped ? seen : Math.max(seen, before.offset - (at - before.at) * DRIFT);
      known = { offset, at };
      if (stepped) now.value = Math.floor(gatewayMs / 1000) * 1000;
    },
  };
}
