/** What the lamp shows, as its line sees it, in the time of a clock that the test turns. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLampOn, type Lamp } from '../../../device/feedback/lamp.ts';

let lamp: Lamp;
let lit: { on: number; off: number | null }[];
const shown = () => lit.map(({ on, off }) => (off === null ? null : off - on));

beforeEach(async () => {
  vi.useFakeTimers({ now: 0 });
  lit = [];
  lamp = createLampOn(async () => ({
    open: async () => {},
    close: async () => {},
    async set(on) {
      if (on) lit.push({ on: Date.now(), off: null });
      else if (lit.at(-1)?.off === null) (lit.at(-1) as { off: number | null }).off = Date.now();
    },
  }));
  await lamp.start();
});
afterEach(async () => {
  await lamp.stop();
  vi.useRealTimers();
});

it('flashes every three seconds while no vote can be taken, and stops when one can', async () => {
  lamp.setOutOfOrder(true);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(shown()).toEqual([300, 300, 300, 300]);
  expect((lit[1]?.on as number) - (lit[0]?.on as number)).toBe(3_000);
  lamp.setOutOfOrder(false);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(lit).toHaveLength(4);
});

it('shows a refusal in between, and then goes on; a sign given twice is one', async () => {
  lamp.refuse();
  lamp.setOutOfOrder(true);
  lamp.setOutOfOrder(true);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(shown()).toEqual([100, 100, 100, 100, 100, 300]);
  lamp.refuse();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(shown().slice(6)).toEqual([100, 100, 100, 100, 100, 300]);
});

it('shows a thank-you as long as ever when the sign is called off', async () => {
  lamp.setOutOfOrder(true);
  await vi.advanceTimersByTimeAsync(1_000);
  lamp.thank();
  lamp.setOutOfOrder(false);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(shown()).toEqual([300, 1_500]);
});
