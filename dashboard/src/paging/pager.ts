import { type ReadonlySignal, signal } from '@preact/signals';

export const TURN_MS = 12_000;
/** So long nothing turns after a reader's last movement. A mouse that was left on the wall is no reader. */
export const HOLD_MS = 15_000;

export type Pager = {
  /** From 0, always below `pages`. */
  page: ReadonlySignal<number>;
  pages: ReadonlySignal<number>;
  /** Whether it stands still for a reader; it goes on by itself. */
  held: ReadonlySignal<boolean>;
  setPages(pages: number): void;
  /** By hand: goes round at both ends, and holds. */
  turn(by: number): void;
  /** By hand, to the first page of something else. */
  first(): void;
  /** Somebody moves, or works a key: a reader is not to be interrupted. */
  hold(): void;
};

/** Turns a page every TURN_MS unless held. `after` is the timer, so that a test needs no clock. */
export function createPager(after: (then: () => void, ms: number) => () => void = startTimer): Pager {
  const page = signal(0);
  const pages = signal(1);
  const held = signal(false);
  let stop = () => {};

  function wait(ms: number): void {
    stop();
    stop = after(() => {
      held.value = false;
      step(1);
      wait(TURN_MS);
    }, ms);
  }

  function step(by: number): void {
    page.value = (page.value + by + pages.value) % pages.value;
  }

  function hold(): void {
    if (pages.value < 2) return;
    held.value = true;
    wait(HOLD_MS);
  }

  return {
    page,
    pages,
    held,
    setPages(count) {
      if (count === pages.value) return;
      pages.value = Math.max(1, count);
      page.value = Math.min(page.value, pages.value - 1);
      held.value = false;
      if (pages.value > 1) wait(TURN_MS);
      else stop();
    },
    turn(by) {
      step(by);
      hold();
    },
    first() {
      page.value = 0;
      hold();
    },
    hold,
  };
}

function startTimer(then: () => void, ms: number): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}
