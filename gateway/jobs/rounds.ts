/** What comes round: housekeeping, a look at what other processes have changed, who may still listen, certificates. */
import type { Logger } from 'pino';

export type RoundsDeps = {
  log: Logger;
  /** Moves the walls' clock on. */
  tick(): Promise<void>;
  /** Tries the storage again after a failure. @throws while it does not work. */
  recover(): Promise<void>;
  /** Writes down what may be a few seconds old. */
  save(): Promise<void>;
  /** Takes up what the command line has changed in the database. */
  follow(): Promise<void>;
  /** Ends the streams of those who may not listen any more. */
  sweep(): Promise<void>;
  /** Takes up another certificate for HTTPS. */
  lookAtCertificate(): void;
  /** Cuts terminals whose certificate has ended. */
  renew(): void;
  /** Looks whether connections can still be opened. */
  lookAtDescriptors(): void;
  /** The database could not be read or written. */
  storageFailed(error: Error): void;
};

const TICK_MS = 1_000;
const SAVE_MS = 5_000;
/** What the command line has changed (a revocation, say) is noticed within this time. */
const FOLLOW_MS = 200;
/** A session that is ended elsewhere, e.g. with the CLI, ends its live streams within a second. */
const SWEEP_MS = 400;
const RENEW_MS = 3_600_000;
/** A certificate that was renewed is served within this time. */
const CERTIFICATE_MS = 5_000;
const DESCRIPTORS_MS = 2_000;

/** @returns ends them; fulfilled when what was under way is done. */
export function startRounds(deps: RoundsDeps): () => Promise<void> {
  const underWay = new Set<Promise<void>>();
  /** What has not come to its end is left out the next time: of a slow database not more and more is asked. */
  const oneAtATime = (work: () => Promise<void>) => {
    let isIdle = true;
    return () => {
      if (!isIdle) return;
      isIdle = false;
      const done = work().finally(() => {
        isIdle = true;
        underWay.delete(done);
      });
      underWay.add(done);
    };
  };
  const orStorageFailed = (work: () => void | Promise<void>) =>
    oneAtATime(async () => {
      try {
        await work();
      } catch (error) {
        deps.storageFailed(error as Error);
      }
    });
  let sweeps = true;
  const sweep = oneAtATime(async () => {
    try {
      await deps.sweep();
      sweeps = true;
    } catch (error) {
      if (sweeps) deps.log.error({ err: error }, 'who may still listen could not be looked up: walls go on');
      sweeps = false;
    }
  });
  const timers = [
    setInterval(orStorageFailed(deps.tick), TICK_MS),
    setInterval(orStorageFailed(deps.recover), TICK_MS),
    setInterval(orStorageFailed(deps.save), SAVE_MS),
    setInterval(orStorageFailed(deps.follow), FOLLOW_MS),
    setInterval(sweep, SWEEP_MS),
    setInterval(deps.renew, RENEW_MS),
    setInterval(deps.lookAtCertificate, CERTIFICATE_MS),
    setInterval(deps.lookAtDescriptors, DESCRIPTORS_MS),
  ];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(underWay);
  };
}
