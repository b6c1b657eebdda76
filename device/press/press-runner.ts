/** Drives the pure press machine for one input: real edges, real time. One machine an input, so that inputs do not mix. */
import type { ButtonIndex, Edge } from '../inputs/input.ts';
import { advanceTo, INITIAL_PRESS_STATE, type PressEvent, type PressStep, takeEdge } from './press.ts';

/**
 * An edge may still be in a pipe when its time has come, and a spike whose end has not arrived yet looks like a press. So look
 * later than the machine asks: on a busy board a pipe was seen to lag by more than 8 ms. Nobody feels 25 ms more.
 */
const PIPE_GRACE_MS = 25;

export type PressRunner = {
  take(edge: Edge): void;
  stuck(): ButtonIndex[];
  stop(): void;
};

export function createPressRunner(monoMs: () => number, onEvent: (event: PressEvent) => void): PressRunner {
  let state = INITIAL_PRESS_STATE;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;

  const wake = () => {
    // Timers run before waiting I/O after a stall of the event loop: let the edges in first.
    immediate = setImmediate(() => use(advanceTo(state, monoMs() - PIPE_GRACE_MS)));
  };
  const use = (step: PressStep) => {
    state = step.state;
    clearTimeout(timer);
    clearImmediate(immediate);
    if (step.wakeAtMs !== null)
      timer = setTimeout(wake, Math.max(1, Math.ceil(step.wakeAtMs - monoMs() + PIPE_GRACE_MS)));
    for (const event of step.events) onEvent(event);
  };

  return {
    take: (edge) => use(takeEdge(state, edge)),
    stuck: () => ([0, 1, 2] as const).filter((button) => state.buttons[button].stuck),
    stop() {
      clearTimeout(timer);
      clearImmediate(immediate);
    },
  };
}
