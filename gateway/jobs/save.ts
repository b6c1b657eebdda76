import type { Job } from './job.ts';

export type SaveDeps = {
  storage: { trouble(): string | null; failed(error: Error): void };
  save(): void | Promise<void>;
};

/** Writes down what may be a few seconds old. @param what is saved, for the job's name */
export const save = (what: 'people' | 'terminals', deps: SaveDeps): Job => ({
  name: `save-${what}`,
  schedule: { everyMs: 5_000 },
  async run() {
    if (deps.storage.trouble() === null) await deps.save();
  },
  failed: deps.storage.failed,
});
