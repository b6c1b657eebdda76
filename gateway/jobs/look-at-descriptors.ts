import type { Job } from './job.ts';

/** Whether connections can still be opened: libuv tells a program nothing of it. */
export const lookAtDescriptors = (deps: { look(): void }): Job => ({
  name: 'look-at-descriptors',
  schedule: { everyMs: 2_000 },
  run: deps.look,
});
