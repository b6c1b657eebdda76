import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGatewayClock, HELD_UP_MS } from '../../../dashboard/src/live/gateway-clock.ts';
import { APART_MS, createWakeCheck } from '../../../dashboard/src/live/wake.ts';

const NOON = Date.UTC(2026, 10, 22, 4);

describe("the gateway's clock on a wall", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** `sleep` passes real time that timers and the monotonic clock see; the wall clock is whatever somebody sets. */
  const create = () => {
    const clock = createGatewayClock(() => performance.now());
    const pass = (ms: number) => vi.advanceTimersByTime(ms);
    return { clock, pass };
  };

  it('goes on by itself, whatever is done to the clock of the kiosk', () => {
    const { clock, pass } = create();
    expect(clock.exact()).toBeNull();
    vi.setSystemTime(Date.UTC(1999, 0, 1));
    clock.set(NOON);
    pass(5_000);
    vi.setSystemTime(Date.UTC(2031, 0, 1));
    pass(5_100);
    expect(clock.exact()).toBe(NOON + 10_100);
    expect(clock.now.value).toBe(NOON + 10_000);
  });

  it('does not go back for a message that was held up on its way', () => {
    const { clock, pass } = create();
    clock.set(NOON);
    pass(5_000);
    clock.set(NOON + 5_000 - (HELD_UP_MS - 100));
    expect(clock.exact()).toBeGreaterThan(NOON + 4_980);
    pass(5_000);
    clock.set(NOON + 10_000);
    expect(clock.exact()).toBe(NOON + 10_000);
  });

  it.each([3_600_000, -3_600_000])('follows the gateway whose clock is set by %d ms', (step) => {
    const { clock, pass } = create();
    clock.set(NOON);
    pass(5_000);
    clock.set(NOON + 5_000 + step);
    expect(clock.exact()).toBe(NOON + 5_000 + step);
    expect(clock.now.value).toBe(NOON + 5_000 + step);
  });

  it('comes to the right time where the two machines drift apart', () => {
    const { clock, pass } = create();
    clock.set(NOON);
    // The gateway's clock is slower by 100 parts in a million: 0.5 ms every 5 s.
    for (let ticks = 1; ticks <= 20_000; ticks += 1) {
      pass(5_000);
      clock.set(NOON + ticks * 4_999.5);
    }
    expect(Math.abs((clock.exact() as number) - (NOON + 20_000 * 4_999.5))).toBeLessThan(10);
  });
});

describe('a laptop that wakes', () => {
  it('is noticed, and so is a clock that was set; time that passes is not', () => {
    const clocks = { wall: NOON, monotonic: 0 };
    const woke = createWakeCheck({ wallMs: () => clocks.wall, monotonicMs: () => clocks.monotonic });
    for (const ms of [1_000, 60_000, 3_600_000]) {
      clocks.wall += ms;
      clocks.monotonic += ms;
      expect(woke()).toBe(false);
    }
    clocks.wall += 8 * 3_600_000;
    expect(woke()).toBe(true);
    expect(woke()).toBe(false);
    clocks.wall -= APART_MS + 1;
    expect(woke()).toBe(true);
  });
});
