import type { Job } from './job.ts';

/** Whether next year's holidays are known, in time for somebody to see to it. */
export const lookAtHolidays = (deps: { look(): void }): Job => ({
  name: 'look-at-holidays',
  schedule: { everyMs: 10 * 60_000 },
  run: deps.look,
});
