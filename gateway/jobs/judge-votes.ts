import type { OnceJob } from './job.ts';

export type JudgeVotesDeps = {
  isWaiting(): Promise<boolean>;
  /** Some of what waits. @returns how many votes were looked at. */
  judge(): Promise<number>;
  failed(error: Error): void;
};

/** So long at a time; votes are taken in between, and every round of the job. */
const ROUND_MS = 250;

/** Votes whose verdict only what is stored can tell. */
export const judgeVotes = ({ isWaiting, judge, failed }: JudgeVotesDeps): OnceJob => ({
  name: 'judge-votes',
  schedule: { everyMs: 500 },
  once: { isDue: isWaiting },
  async run() {
    const begun = performance.now();
    do await judge();
    while (performance.now() - begun < ROUND_MS && (await isWaiting()));
  },
  failed,
});
