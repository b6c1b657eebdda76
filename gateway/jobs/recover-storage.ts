import type { Job } from './job.ts';

/** After a failure the storage is tried again, until it works. */
export const recoverStorage = (storage: { recover(): Promise<void>; failed(error: Error): void }): Job => ({
  name: 'recover-storage',
  schedule: { everyMs: 1_000 },
  run: storage.recover,
  failed: storage.failed,
});
