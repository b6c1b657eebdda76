import { describe, expect, it } from 'vitest';
import {
  advanceTo,
  INITIAL_PRESS_STATE,
  type PressEvent,
  type PressState,
  takeEdge,
} from '../../../device/press/press.ts';

type Step = [atMs: number, button: 0 | 1 | 2, pressed: boolean];

/** Plays the steps, waking exactly when the machine asks, and then lets `untilMs` pass. */
function play(steps: Step[], untilMs = 60_000): { events: PressEvent[]; state: PressState } {
  let state = INITIAL_PRESS_STATE;
  let wakeAtMs: number | null = null;
  const events: PressEvent[] = [];
  const wakeUntil = (limitMs: number) => {
    while (wakeAtMs !== null && wakeAtMs <= limitMs) {
      const step = advanceTo(state, wakeAtMs);
      events.push(...step.events);
      if (step.wakeAtMs === wakeAtMs) throw new Error('the machine asks for the same moment again');
      ({ state, wakeAtMs } = step);
    }
  };
  for (const [monoMs, button, pressed] of steps) {
    wakeUntil(monoMs);
    const step = takeEdge(state, { button, pressed, monoMs });
    events.push(...step.events);
    ({ state, wakeAtMs } = step);
  }
  wakeUntil(untilMs);
  return { events, state };
}

const pressesOf = (events: PressEvent[]) =>
  events.flatMap((event) => (event.kind === 'press' ? [`${event.button}@${event.monoMs}`] : []));

describe('one button', () => {
  it('takes a 40 ms tap, dated at its first edge', () => {
    expect(
      pressesOf(
        play([
          [100, 0, true],
          [140, 0, false],
        ]).events,
      ),
    ).toEqual(['0@100']);
  });

  it('takes a press of exactly 30 ms and not one of 29', () => {
    expect(
      pressesOf(
        play([
          [0, 1, true],
          [30, 1, false],
        ]).events,
      ),
    ).toEqual(['1@0']);
    expect(
      pressesOf(
        play([
          [0, 1, true],
          [29, 1, false],
        ]).events,
      ),
    ).toEqual([]);
  });

  it('gives the press while the button is still held', () => {
    const { state } = takeEdge(INITIAL_PRESS_STATE, { button: 2, pressed: true, monoMs: 50 });
    const step = advanceTo(state, 80);
    expect(step.events).toEqual([{ kind: 'press', button: 2, monoMs: 50 }]);
  });

  it('makes nothing of 5 ms spikes, however many', () => {
    const spikes = Array.from({ length: 50 }, (_, i): Step[] => [
      [i * 20, 0, true],
      [i * 20 + 5, 0, false],
    ]);
    expect(play(spikes.flat()).events).toEqual([]);
  });

  it('takes one press from a contact that bounces on the way down and up', () => {
    const { events } = play([
      [0, 0, true],
      [2, 0, false],
      [3, 0, true],
      [9, 0, false],
      [11, 0, true],
      [200, 0, false],
      [203, 0, true],
      [207, 0, false],
    ]);
    expect(pressesOf(events)).toEqual(['0@11']);
  });

  it('needs a stable release before the next press', () => {
    const { events } = play([
      [0, 0, true],
      [100, 0, false],
      [120, 0, true],
      [300, 0, false],
    ]);
    expect(pressesOf(events)).toEqual(['0@0']);
    const later = play([
      [0, 0, true],
      [100, 0, false],
      [130, 0, true],
      [300, 0, false],
    ]);
    expect(pressesOf(later.events)).toEqual(['0@0', '0@130']);
  });

  it('begins the stretch anew when a repeated edge shows that one was missed', () => {
    expect(
      pressesOf(
        play([
          [0, 0, true],
          [20, 0, true],
          [45, 0, false],
        ]).events,
      ),
    ).toEqual([]);
    expect(
      pressesOf(
        play([
          [0, 0, true],
          [20, 0, true],
          [50, 0, false],
        ]).events,
      ),
    ).toEqual(['0@20']);
  });

  it('makes no vote of a release without a press, and counts it', () => {
    const { events, state } = play([
      [10, 0, false],
      [50, 0, false],
      [100, 1, false],
    ]);
    expect(events).toEqual([]);
    expect(state.loneReleases).toBe(3);
  });

  it('takes edges that arrive late, after a tick of a later time', () => {
    const early = advanceTo(INITIAL_PRESS_STATE, 500);
    const down = takeEdge(early.state, { button: 0, pressed: true, monoMs: 400 });
    const up = takeEdge(down.state, { button: 0, pressed: false, monoMs: 405 });
    expect([...down.events, ...up.events, ...advanceTo(up.state, 1_000).events]).toEqual([]);
  });
});

describe('a stuck button', () => {
  it('votes once, is reported after ten seconds, and works again after its release', () => {
    const { events } = play([
      [0, 1, true],
      [25_000, 1, false],
      [26_000, 1, true],
      [26_100, 1, false],
    ]);
    expect(events).toEqual([
      { kind: 'press', button: 1, monoMs: 0 },
      { kind: 'stuck', button: 1, active: true },
      { kind: 'stuck', button: 1, active: false },
      { kind: 'press', button: 1, monoMs: 26_000 },
    ]);
  });

  it('lets the other two take no votes while it lasts: two answers of three would be biased', () => {
    const { events } = play(
      [
        [0, 1, true],
        [15_000, 0, true],
        [15_100, 0, false],
      ],
      16_000,
    );
    expect(events.at(-1)).toEqual({ kind: 'refused', button: 0, reason: 'other-stuck' });
    expect(pressesOf(events)).toEqual(['1@0']);
  });
});

describe('two buttons', () => {
  it('gives the vote to the first; the second is free only after its own release', () => {
    const { events } = play([
      [0, 0, true],
      [10, 2, true],
      [500, 0, false],
      [2_000, 2, false],
      [3_000, 2, true],
      [3_100, 2, false],
    ]);
    expect(pressesOf(events)).toEqual(['0@0', '2@3000']);
  });

  it('gives no vote when both went down in the same instant', () => {
    expect(
      pressesOf(
        play([
          [0, 0, true],
          [0, 1, true],
          [90, 0, false],
          [90, 1, false],
        ]).events,
      ),
    ).toEqual([]);
  });

  it('lets a spike on one line not stop a press on another', () => {
    expect(
      pressesOf(
        play([
          [0, 0, true],
          [3, 1, true],
          [5, 0, false],
          [90, 1, false],
        ]).events,
      ),
    ).toEqual(['1@3']);
  });
});
