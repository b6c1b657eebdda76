import type { Job } from './job.ts';

/** A session that is ended elsewhere, e.g. with the command line, ends its live streams within a second. */
export const sweepWalls = (deps: { sweep(): Promise<void> }): Job => ({
  name: 'sweep-walls',
  schedule: { everyMs: 400 },
  run: deps.sweep,
});
