import type { Job } from './job.ts';

/** What the command line has changed (a revocation, say), and what people have decided, is noticed within this time. */
export const followStore = (deps: { follow(): Promise<void>; failed(error: Error): void }): Job => ({
  name: 'follow-store',
  schedule: { everyMs: 200 },
  run: deps.follow,
  failed: deps.failed,
});
