import type { Job } from './job.ts';

/** A certificate for HTTPS that was renewed is served within this time. */
export const lookAtHttps = (deps: { look(): Promise<void> }): Job => ({
  name: 'look-at-https',
  schedule: { everyMs: 5_000 },
  run: deps.look,
});
