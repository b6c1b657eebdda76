/** What only one gateway does at a time: by a lease, which the others take over when its holder is gone or stands still. */
import { type Lease, LeaseLost, type LeaseStore } from '../store/leases.ts';
import type { OnceJob } from './job.ts';

export type OnceDeps = {
  leases: LeaseStore;
  /** This start of this gateway. */
  holder: string;
  /** Another one has taken it over while this one was at it. */
  lost(job: string): void;
};

export type Once = {
  /** Runs it if there is something to do and no other gateway is at it. @throws what it does, and StoreFailure */
  run(job: OnceJob): Promise<void>;
  /** Lets others have at once what this one had. */
  release(): Promise<void>;
};

/** As long as some rounds: a holder that is gone is missed by then. */
const ROUNDS = 3;
const AT_LEAST_MS = 10_000;
/** Asked for again so often before it runs out. */
const RENEWALS = 3;

export function createOnce({ leases, holder, lost }: OnceDeps): Once {
  const had = new Map<string, Lease>();
  return {
    async run(job) {
      const { name, schedule, once } = job;
      if (!(await once.isDue())) return;
      const forMs = Math.max(AT_LEAST_MS, ROUNDS * schedule.everyMs);
      const lease = await leases.take(name, holder, forMs);
      if (!lease) return;
      had.set(name, lease);
      // A renewal that fails is made up for by the next; without any, its changes are refused.
      const renewing = setInterval(
        () => void leases.take(name, holder, forMs).catch(() => {}),
        forMs / RENEWALS,
      );
      try {
        await job.run(lease);
      } catch (error) {
        if (!(error instanceof LeaseLost)) throw error;
        had.delete(name);
        lost(name);
      } finally {
        clearInterval(renewing);
      }
    },
    async release() {
      const all = [...had.values()];
      had.clear();
      await Promise.all(all.map((lease) => leases.release(lease)));
    },
  };
}
