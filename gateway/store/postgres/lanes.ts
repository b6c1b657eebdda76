/**
 * Several connections that commit beside each other. A journal has one lane, so that what touches it keeps its order; what
 * touches several lanes waits for all of them and runs on one.
 */
export type Lanes = {
  readonly count: number;
  laneOf(journalKey: number): number;
  /** @param act gets the lane that it runs on. */
  run<T>(journalKeys: Iterable<number>, act: (lane: number) => Promise<T>): Promise<T>;
  /** When nothing runs or waits any more. */
  idle(): Promise<void>;
};

export function createLanes(count: number): Lanes {
  const tails: Promise<unknown>[] = Array.from({ length: count }, () => Promise.resolve());
  // Keys are given out one after another, so that the remainder spreads them evenly.
  const laneOf = (journalKey: number) => Math.abs(journalKey) % count;
  return {
    count,
    laneOf,
    run(journalKeys, act) {
      const touched = new Set<number>();
      for (const key of journalKeys) touched.add(laneOf(key));
      const [lane = 0] = touched.size === 0 ? [0] : touched;
      touched.add(lane);
      const before = Promise.all([...touched].map((one) => tails[one]));
      const result = before.then(() => act(lane));
      const tail = result.catch(() => {});
      for (const one of touched) tails[one] = tail;
      return result;
    },
    async idle() {
      await Promise.all(tails);
    },
  };
}
