import { describe, expect, it } from 'vitest';
import { createClock, dateBy } from '../../../device/board/clock.ts';
import { createClockWatch } from '../../../device/board/clock-watch.ts';
import { silentLog } from '../../../device/log.ts';

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

  it('does not believe a synchronised clock that contradicts the gateway, which has proved who it is', async () => {
    const { hands, clock, now, pass } = board();
    clock.hearGateway(1_000_000_000);
    Object.assign(hands, { wallMs: 1_000_000_000 + 3_600_000, synchronised: true });
    await clock.checkSystem();
    expect(now()).toEqual({ at: 1_000_000_000, clock: 'gateway' });
    expect(clock.apartMs()).toBe(3_600_000);
    pass(1_000);
    hands.wallMs -= 3_600_000 - 100_000;
    expect(clock.apartMs()).toBeNull();
    await clock.checkSystem();
    expect(now()).toEqual({ at: 1_000_101_000, clock: 'ntp' });
  });

  it('dates on as before when the gateway contradicts a synchronised clock that was there first', async () => {
    const { hands, clock, now, pass } = board();
    Object.assign(hands, { wallMs: 2_000_000_000, synchronised: true });
    await clock.checkSystem();
    expect(clock.apartMs()).toBeNull();
    clock.hearGateway(2_000_000_000 + 8 * 3_600_000);
    expect(now()).toEqual({ at: 2_000_000_000, clock: 'ntp' });
    expect(clock.apartMs()).toBe(-8 * 3_600_000);
    pass(5_000);
    await clock.checkSystem();
    expect(now()).toEqual({ at: 2_000_005_000, clock: 'ntp' });
  });

  it('holds the clock of a later process of the boot against what the gateway said to an earlier one', async () => {
    const { hands, clock, now } = board();
    clock.resume({ offsetMs: 1_000_000_000, clock: 'gateway' }, 0);
    Object.assign(hands, { wallMs: 4_000_000_000, synchronised: true });
    await clock.checkSystem();
    expect(now().clock).toBe('gateway');
    expect(clock.apartMs()).toBe(4_000_000_000 - 1_000_001_000);
  });

  it('of a board that nobody has set is no contradiction', async () => {
    const { clock } = board();
    clock.hearGateway(1_800_000_000_000);
    await clock.checkSystem();
    expect(clock.apartMs()).toBeNull();
  });

  it('is told once a change, and again when it agrees', async () => {
    const { hands, clock } = board();
    const lines: string[] = [];
    let changes = 0;
    const write = (fields: object, message: string) =>
      void lines.push((fields as { code?: string }).code ?? message);
    const log = { ...silentLog, error: write, info: write };
    const watch = createClockWatch(clock, log, () => {
      changes += 1;
    });
    clock.hearGateway(1_000_000_000);
    Object.assign(hands, { wallMs: 2_000_000_000, synchronised: true });
    await clock.checkSystem();
    for (let n = 0; n < 3; n++) watch.look();
    hands.wallMs += 7_200_000;
    for (let n = 0; n < 3; n++) watch.look();
    hands.wallMs = 1_000_000_000;
    for (let n = 0; n < 3; n++) watch.look();
    expect(lines).toEqual([
      'clocks-disagree',
      'clocks-disagree',
      "the board's clock and the gateway's agree again",
    ]);
    expect(changes).toBe(3);
  });
});
