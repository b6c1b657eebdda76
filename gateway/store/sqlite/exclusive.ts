/**
 * One at a time, in the order in which they have asked: the connection is one, and what is half written must be nobody else's to
 * see or to join. An act must not ask again from inside: it would wait for itself.
 */
export type Exclusive = <T>(act: () => T | Promise<T>) => Promise<T>;

export function createExclusive(): Exclusive {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const turn = last.then(act);
    // Whoever comes next waits for the end, not for the success.
    last = turn.catch(() => {});
    return turn;
  };
}
