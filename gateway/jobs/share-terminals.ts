import type { Job } from './job.ts';

/** A gateway that has more terminals than its share sends some to the others. */
export const shareTerminals = (deps: { share(): void }): Job => ({
  name: 'share-terminals',
  schedule: { everyMs: 1_000 },
  run: deps.share,
});
