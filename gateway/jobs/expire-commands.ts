import type { Lease } from '../store/leases.ts';
import type { OnceJob } from './job.ts';

export type ExpireCommandsDeps = {
  hasExpired(): boolean;
  expire(lease: Lease): Promise<void>;
  failed(error: Error): void;
};

/** Commands that no gateway could bring in time are answered as expired. */
export const expireCommands = (deps: ExpireCommandsDeps): OnceJob => ({
  name: 'expire-commands',
  schedule: { everyMs: 5_000 },
  once: { isDue: deps.hasExpired },
  run: deps.expire,
  failed: deps.failed,
});
