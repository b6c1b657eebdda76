import type { OnceJob } from './job.ts';

export type JudgeVotesDeps = {
  isWaiting(): Promise<boolean>;
  /** Some of what waits. @returns whether more is waiting */
  judge(): Promise<boolean>;
  failed(error: Error): void;
};

/**
 * So long at a time, which leaves little of the last half second unused: votes are taken between two steps, and all else has its turn there
 * too; between two rounds others may take it over.
 */
const ROUND_MS = 1_850;

/** Votes whose verdict only what is stored can tell. */
export const judgeVotes = ({ isWaiting, judge, failed }: JudgeVotesDeps): OnceJob => ({
  name: 'judge-votes',
  schedule: { everyMs: 500 },
  once: { isDue: isWaiting },
  async run() {
    const begun = performance.now();
    while ((await judge()) && performance.now() - begun < ROUND_MS);
  },
  failed,
});
