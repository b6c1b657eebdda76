import { type ReadonlySignal, signal } from '@preact/signals';

export const TURN_MS = 12_000;

export type Pager = {
  /** From 0, always below `pages`. */
  page: ReadonlySignal<number>;
  pages: ReadonlySignal<number>;
  setPages(pages: number): void;
  /** By hand: goes round at both ends and starts the time anew. */
  turn(by: number): void;
  /** Hover or focus: a reader is not to be interrupted. */
  pause(paused: boolean): void;
};

/** Turns a page every TURN_MS unless paused. `every` is the timer, so that a test needs no clock. */
export function createPager(every: (turn: () => void, ms: number) => () => void = startTimer): Pager {
  const page = signal(0);
  const pages = signal(1);
  let paused = false;
  let stop = () => {};

  function restart(): void {
    stop();
    stop = every(() => {
      if (!paused) step(1);
    }, TURN_MS);
  }

  function step(by: number): void {
    page.value = (page.value + by + pages.value) % pages.value;
  }

  return {
    page,
    pages,
    setPages(count) {
      if (count === pages.value) return;
      pages.value = Math.max(1, count);
      page.value = Math.min(page.value, pages.value - 1);
      restart();
    },
    turn(by) {
      step(by);
      restart();
    },
    pause(value) {
      paused = value;
    },
  };
}

function startTimer(turn: () => void, ms: number): () => void {
  const timer = setInterval(turn, ms);
  return () => clearInterval(timer);
}
