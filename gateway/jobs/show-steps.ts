import type { Lease } from '../store/leases.ts';
import type { Job } from './job.ts';

export type ShowStepsDeps = {
  isDue(): boolean;
  step(lease: Lease): Promise<void>;
  /** Null where there is no other gateway. */
  follow: (() => Promise<void>) | null;
  failed(error: Error): void;
};

/** What is shown to whoever is bound to a unit moves on at fixed times, at one gateway; the others take it up. */
export const showSteps = ({ isDue, step, follow, failed }: ShowStepsDeps): Job[] => [
  { name: 'show-steps', schedule: { everyMs: 1_000 }, once: { isDue }, run: step, failed },
  ...(follow ? [{ name: 'follow-steps', schedule: { everyMs: 2_000 }, run: follow, failed }] : []),
];
