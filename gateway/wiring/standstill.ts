/**
 * Lets an earlier step run something while no vote is under way, though it is a later step that takes them: what is read again from
 * the store, or changed in it, is what votes are judged and counted by.
 */
export type Standstill = {
  /** Runs `act` while no vote is under way: by the later step's pause, and at once while there is none yet. */
  during: Pause;
  madeBy(pause: Pause): void;
};

/** @see Ingest.pause */
export type Pause = <T>(act: () => T | Promise<T>) => Promise<T>;

export function createStandstill(): Standstill {
  let pause: Pause = async (act) => act();
  return {
    during: (act) => pause(act),
    madeBy(later) {
      pause = later;
    },
  };
}
