import type { Job } from './job.ts';

/** New minutes and days begin on the walls when nobody votes, too, and after the clock was set. */
export const keepTime = (deps: { tick(): Promise<void>; failed(error: Error): void }): Job => ({
  name: 'keep-time',
  schedule: { everyMs: 1_000 },
  run: deps.tick,
  failed: deps.failed,
});
