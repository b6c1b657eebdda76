import type { Job } from './job.ts';

/** Certificates end while their terminals are connected, too. */
export const cutEnded = (deps: { cutUnwelcome(): void }): Job => ({
  name: 'cut-ended',
  schedule: { everyMs: 3_600_000 },
  run: deps.cutUnwelcome,
});
