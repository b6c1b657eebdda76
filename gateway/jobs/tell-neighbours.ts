import type { Job } from './job.ts';

/** Other gateways on the database hear that this one is there, and what has become of its terminals. */
export const tellNeighbours = (deps: { everyMs: number; tell(): void }): Job => ({
  name: 'tell-neighbours',
  schedule: { everyMs: deps.everyMs },
  run: deps.tell,
});
