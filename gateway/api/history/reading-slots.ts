import { Refusal } from '../border/errors.ts';

export type ReadingSlots = {
  /** Waits for its turn. @throws Refusal `history-busy`: the caller has too many waiting already */
  run<T>(caller: string, act: () => Promise<T>): Promise<T>;
};

/** What is read over many turns of the event loop: so many at once, callers in turn, and none with an endless queue. */
export function createReadingSlots({ atOnce = 2, waitingOfOne = 8 } = {}): ReadingSlots {
  /** Whoever has just begun one is the last. */
  const waiting = new Map<string, (() => void)[]>();
  let running = 0;
  const next = () => {
    for (const [caller, queue] of waiting) {
      if (running >= atOnce) return;
      waiting.delete(caller);
      const begin = queue.shift();
      if (queue.length > 0) waiting.set(caller, queue);
      running += 1;
      begin?.();
    }
  };
  return {
    async run(caller, act) {
      const queue = waiting.get(caller) ?? [];
      if (queue.length >= waitingOfOne)
        throw new Refusal(
          429,
          'history-busy',
          `${waitingOfOne} of yours wait already: ask again when one is answered`,
          1,
        );
      await new Promise<void>((resolve) => {
        queue.push(resolve);
        waiting.set(caller, queue);
        next();
      });
      try {
        return await act();
      } finally {
        running -= 1;
        next();
      }
    },
  };
}
