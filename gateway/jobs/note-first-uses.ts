import type { Job } from './job.ts';

/** A certificate's first use closes the code that it came with: soon, so that nobody else comes with it. */
export const noteFirstUses = (deps: { save(): Promise<unknown>; failed(error: Error): void }): Job => ({
  name: 'note-first-uses',
  schedule: { everyMs: 200 },
  async run() {
    await deps.save();
  },
  failed: deps.failed,
});
