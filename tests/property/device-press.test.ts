import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceTo, INITIAL_PRESS_STATE, PRESS_RULES, takeEdge } from '../../device/press/press.ts';

type Trace = { button: 0 | 1 | 2; pressed: boolean; monoMs: number }[];
const END_MS = 100_000;

/** Any edges: bounce, repeats, lone releases, several buttons, gaps from 0 to 400 ms. Now and then a long hold. */
const anyTrace = fc
  .array(
    fc.record({
      button: fc.constantFrom(0 as const, 1 as const, 2 as const),
      pressed: fc.boolean(),
      gapMs: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 60 }) },
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 400 }) },
        { weight: 1, arbitrary: fc.integer({ min: 9_000, max: 12_000 }) },
      ),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let monoMs = 0;
    return steps
      .map(({ button, pressed, gapMs }) => {
        monoMs += gapMs;
        return { button, pressed, monoMs };
      })
      .filter((edge) => edge.monoMs < END_MS - 1_000);
  });

/** Runs the machine; `extraTicks` are wake-ups at times that nobody asked for. */
function run(trace: Trace, extraTicks: number[] = []): string[] {
  let state = INITIAL_PRESS_STATE;
  const presses: string[] = [];
  const take = (step: ReturnType<typeof takeEdge>) => {
    state = step.state;
    for (const event of step.events)
      if (event.kind === 'press') presses.push(`${event.button}@${event.monoMs}`);
  };
  const ticks = [...extraTicks].sort((a, b) => a - b);
  for (const edge of trace) {
    while (ticks[0] !== undefined && ticks[0] <= edge.monoMs) take(advanceTo(state, ticks.shift() as number));
    take(takeEdge(state, edge));
  }
  take(advanceTo(state, END_MS));
  return presses;
}

/**
 * The rules once more, as slow as they read: walks millisecond by millisecond over the level of each line. A line is stable
 * when no edge was reported on it for 30 ms.
 */
function interpret(trace: Trace): string[] {
  const presses: string[] = [];
  const level = [false, false, false];
  const lastEdge = [0, 0, 0];
  const down = [false, false, false];
  let next = 0;
  const end = Math.min(END_MS, (trace.at(-1)?.monoMs ?? 0) + 100);
  for (let ms = 0; ms <= end; ms += 1) {
    const ripe = [0, 1, 2].filter((b) => level[b] !== down[b] && ms - lastEdge[b]! >= PRESS_RULES.stableMs);
    for (const b of ripe) {
      const others = [0, 1, 2].filter((o) => o !== b);
      const blocked = others.some((o) => down[o]);
      const tied = others.some((o) => level[o] && lastEdge[o] === lastEdge[b]);
      down[b] = level[b]!;
      if (down[b] && !blocked && !tied) presses.push(`${b}@${lastEdge[b]}`);
    }
    for (; trace[next] !== undefined && trace[next]!.monoMs === ms; next += 1) {
      const { button, pressed } = trace[next]!;
      if (pressed === level[button] && pressed === down[button]) continue;
      level[button] = pressed;
      lastEdge[button] = ms;
    }
  }
  return presses;
}

describe('the press machine', () => {
  it('gives exactly the presses of the reference interpretation', () => {
    fc.assert(
      fc.property(anyTrace, (trace) => {
        expect(run(trace)).toEqual(interpret(trace));
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same presses whenever it is woken', () => {
    fc.assert(
      fc.property(anyTrace, fc.array(fc.integer({ min: 0, max: 20_000 })), (trace, ticks) => {
        expect(run(trace, ticks)).toEqual(run(trace));
      }),
      { numRuns: 500 },
    );
  });

  it('gives no press without 30 ms of pressed level on that very button', () => {
    fc.assert(
      fc.property(anyTrace, (trace) => {
        for (const press of run(trace)) {
          const [button, atMs] = press.split('@').map(Number);
          const own = trace.filter((edge) => edge.button === button);
          expect(own.some((edge) => edge.pressed && edge.monoMs === atMs)).toBe(true);
          expect(own.some((edge) => edge.monoMs > atMs! && edge.monoMs < atMs! + PRESS_RULES.stableMs)).toBe(
            false,
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});
