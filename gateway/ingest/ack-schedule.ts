/** The gateway's own acks, a few a second a journal at the most: the first at once, later ones together. */
export const ACK_INTERVAL_MS = 250;

export type AckSchedule<K> = {
  /** Something changed for this journal: its state is to be acked. */
  want(journal: K): void;
  stop(): void;
};

export function createAckSchedule<K extends object>(send: (journal: K) => void): AckSchedule<K> {
  const wanted = new Map<K, boolean>();
  const timers = new Set<NodeJS.Timeout>();

  const rest = (journal: K) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!wanted.get(journal)) {
        wanted.delete(journal);
        return;
      }
      wanted.set(journal, false);
      send(journal);
      rest(journal);
    }, ACK_INTERVAL_MS);
    timers.add(timer);
  };

  return {
    want(journal) {
      const isWanted = wanted.get(journal);
      if (isWanted !== undefined) {
        if (!isWanted) wanted.set(journal, true);
        return;
      }
      wanted.set(journal, false);
      send(journal);
      rest(journal);
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      wanted.clear();
    },
  };
}
