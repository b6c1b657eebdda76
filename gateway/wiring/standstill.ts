/**
 * Lets an earlier step run something while no vote is under way, though it is a later step that takes them: what is read again from
 * the store, or changed in it, is what votes are judged and counted by.
 */
export type Standstill = {
  /** Runs `act` while no vote is under way: by the later step's pause, and at once while there is none yet. */
  during: Pause;
  madeBy(pause: Pause): void;
  /** Nor is anything taken in that other gateways say. @param hold @returns how it is released */
  holdBy(hold: () => () => void): void;
};

/** @see Ingest.pause */
export type Pause = <T>(act: () => T | Promise<T>) => Promise<T>;

export function createStandstill(): Standstill {
  let pause: Pause = async (act) => act();
  let hold = () => () => {};
  return {
    during: (act) =>
      pause(async () => {
        const release = hold();
        try {
          return await act();
        } finally {
          release();
        }
      }),
    holdBy(later) {
      hold = later;
    },
    madeBy(later) {
      pause = later;
    },
  };
}
