import type { Job } from './job.ts';

/** Something that other gateways have stored was not heard of here: it is read again. */
export const rereadMissed = (deps: { reread(): Promise<void>; failed(error: Error): void }): Job => ({
  name: 'reread-missed',
  schedule: { everyMs: 200 },
  run: deps.reread,
  failed: deps.failed,
});
