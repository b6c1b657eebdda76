/**
 * One at a time of what takes long, each caller in turn, and everyone else in between: whoever asks for much, over however
 * many connections, makes only its own next answer late.
 */
export type Turns = {
  /** Resolves when it is the caller's turn; the next turn comes after what is done at once then. */
  take(caller: string): Promise<void>;
};

export function createTurns(): Turns {
  /** Whoever has just had a turn is the last. */
  const waiting = new Map<string, (() => void)[]>();
  let going = false;
  const next = () => {
    const [first] = waiting;
    going = first !== undefined;
    if (!first) return;
    const [caller, queue] = first;
    waiting.delete(caller);
    queue.shift()?.();
    if (queue.length > 0) waiting.set(caller, queue);
    // Sockets are read before it comes back here; timers can run again and again without that.
    setImmediate(next);
  };
  return {
    take: (caller) =>
      new Promise((resolve) => {
        const queue = waiting.get(caller) ?? [];
        queue.push(resolve);
        waiting.set(caller, queue);
        if (!going) next();
      }),
  };
}
