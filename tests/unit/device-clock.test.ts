import { describe, expect, it } from 'vitest';
import { createClock, dateBy } from '../../device/clock.ts';

/** A board whose clocks the test turns. */
function board() {
  const hands = { monoMs: 1_000, wallMs: 50_000, synchronised: false };
  const clock = createClock({
    bootId: 'boot',
    monoMs: () => hands.monoMs,
    wallMs: () => hands.wallMs,
    isSynchronised: async () => hands.synchronised,
  });
  const now = () => dateBy(clock.anchor(), hands.monoMs);
  const pass = (ms: number) => {
    hands.monoMs += ms;
    hands.wallMs += ms;
  };
  return { hands, clock, now, pass };
}

describe('the clock of a board without one', () => {
  it('estimates from the wall clock at start, and does not follow its jumps', async () => {
    const { hands, clock, now, pass } = board();
    pass(500);
    hands.wallMs = 9_999_999_999;
    await clock.checkSystem();
    expect(now()).toEqual({ at: 50_500, clock: 'estimated' });
  });

  it('is set by the first ack, and by later ones only for the better', () => {
    const { clock, now, pass } = board();
    clock.hearGateway(1_000_000);
    expect(now()).toEqual({ at: 1_000_000, clock: 'gateway' });
    pass(1_000);
    clock.hearGateway(1_000_400);
    expect(now().at).toBe(1_001_000);
    clock.hearGateway(1_001_200);
    expect(now().at).toBe(1_001_200);
  });

  it('follows a gateway whose own clock was set right', () => {
    const { clock, now, pass } = board();
    clock.hearGateway(10_000_000);
    pass(1_000);
    clock.hearGateway(5_000_000);
    expect(now().at).toBe(5_000_000);
  });

  it('prefers a synchronised system clock, and does not believe it when it jumps alone', async () => {
    const { hands, clock, now, pass } = board();
    clock.hearGateway(1_000_000);
    hands.wallMs = 1_000_300;
    hands.synchronised = true;
    await clock.checkSystem();
    expect(now()).toEqual({ at: 1_000_300, clock: 'ntp' });
    pass(60_000);
    hands.wallMs += 86_400_000;
    await clock.checkSystem();
    expect(now()).toEqual({ at: 1_060_300, clock: 'ntp' });
    hands.wallMs -= 86_400_000 - 700;
    await clock.checkSystem();
    expect(now().at).toBe(1_061_000);
  });

  it('takes up what an earlier process of the boot knew, and is never before what was stored', () => {
    const first = board();
    first.clock.resume(null, 77_000);
    expect(first.now()).toEqual({ at: 77_000, clock: 'estimated' });
    const second = board();
    second.clock.resume({ offsetMs: 900_000, clock: 'gateway' }, 77_000);
    expect(second.now()).toEqual({ at: 901_000, clock: 'gateway' });
  });
});
