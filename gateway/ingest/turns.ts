/**
 * Whose turn it is. Nearly every message is taken as it comes. Where one has to wait for the store first, those of the same terminal
 * that come after it wait behind it, so that none is judged by what the one before is about to change; and while what is held in
 * memory of the store is read again, all wait.
 */
export type Turns = {
  /** Must a message of this terminal wait? Asked for each. */
  isBusy(terminalKey: number): boolean;
  /** Takes it in its turn. */
  wait(terminalKey: number, take: Take): void;
  /** Messages of this terminal that come before `until` wait for it. */
  hold(terminalKey: number, until: Promise<void>): void;
  /** Runs `act` in the turn of this terminal. */
  during(terminalKey: number, act: () => Promise<void>): Promise<void>;
  /**
   * Runs `act` while nothing is under way: everything that came before is settled, what comes meanwhile is taken afterwards.
   * One after another, in the order in which they were asked for. An act must not ask for another and await it.
   */
  pause<T>(act: () => T | Promise<T>): Promise<T>;
  /** Forgets all that wait. */
  stop(): void;
};

/** Takes a message; what it returns is not fulfilled before the next of its terminal may be taken. It neither throws nor rejects. */
export type Take = () => Promise<void> | undefined;

/** @param settled when everything that was taken is stored or refused */
export function createTurns(settled: () => Promise<void>): Turns {
  /** Of terminals with one under way: those behind it. */
  const lanes = new Map<number, Take[]>();
  let isPaused = false;
  let outside: { terminalKey: number; take: Take }[] = [];
  let pauses: Promise<unknown> = Promise.resolve();
  let tellEmpty = () => {};

  const isBusy = (terminalKey: number) => isPaused || (lanes.size > 0 && lanes.has(terminalKey));

  const goOn = (terminalKey: number) => {
    const behind = lanes.get(terminalKey) ?? [];
    for (let take = behind.shift(); take; take = behind.shift()) {
      const until = take();
      if (!until) continue;
      void until.then(() => goOn(terminalKey));
      return;
    }
    lanes.delete(terminalKey);
    if (lanes.size === 0) tellEmpty();
  };

  const hold = (terminalKey: number, until: Promise<void>) => {
    lanes.set(terminalKey, []);
    void until.then(() => goOn(terminalKey));
  };

  const wait = (terminalKey: number, take: Take) => {
    if (isPaused) {
      outside.push({ terminalKey, take });
      return;
    }
    const lane = lanes.get(terminalKey);
    if (lane) {
      lane.push(take);
      return;
    }
    const until = take();
    if (until) hold(terminalKey, until);
  };

  const letIn = () => {
    isPaused = false;
    const waiting = outside;
    outside = [];
    for (const { terminalKey, take } of waiting) wait(terminalKey, take);
  };

  return {
    isBusy,
    wait,
    hold,
    during: (terminalKey, act) =>
      new Promise((resolve, reject) => {
        wait(terminalKey, () => act().then(resolve, reject));
      }),
    pause(act) {
      const pause = pauses.then(async () => {
        isPaused = true;
        try {
          if (lanes.size > 0)
            await new Promise<void>((resolve) => {
              tellEmpty = resolve;
            });
          await settled();
          return await act();
        } finally {
          letIn();
        }
      });
      // How it ended is told to whoever asked.
      pauses = pause.catch(() => {});
      return pause;
    },
    stop() {
      lanes.clear();
      outside = [];
      tellEmpty();
    },
  };
}
