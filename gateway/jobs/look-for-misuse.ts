import type { Lease } from '../store/leases.ts';
import type { OnceJob } from './job.ts';

export type LookForMisuseDeps = {
  isDue(): Promise<boolean>;
  /** At some windows. */
  look(lease: Lease): Promise<unknown>;
  failed(error: Error): void;
};

/** What detectors flag is for people to look at: it changes no score. */
export const lookForMisuse = ({ isDue, look, failed }: LookForMisuseDeps): OnceJob => ({
  name: 'look-for-misuse',
  schedule: { everyMs: 1_000 },
  once: { isDue },
  run: async (lease) => void (await look(lease)),
  failed,
});
