import { type ReadonlySignal, signal } from '@preact/signals';

/**
 * The gateway's clock as this browser knows it: the last time it named, carried on by the browser's monotonic clock.
 * The kiosk's own wall clock plays no part, so a wall with a wrong clock still shows the right ages.
 */
export type GatewayClock = {
  /** Milliseconds since the epoch, moved on once a second; null before the gateway has spoken. */
  now: ReadonlySignal<number | null>;
  /** The same to the millisecond. */
  exact(): number | null;
  set(gatewayMs: number): void;
};

export function createGatewayClock(): GatewayClock {
  const now = signal<number | null>(null);
  let base: { gatewayMs: number; at: number } | null = null;

  const exact = () => (base === null ? null : base.gatewayMs + performance.now() - base.at);

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
      const first = base === null;
      base = { gatewayMs, at: performance.now() };
      if (first) now.value = Math.floor(gatewayMs / 1000) * 1000;
    },
  };
}
