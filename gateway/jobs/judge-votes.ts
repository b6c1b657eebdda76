import type { OnceJob } from './job.ts';

export type JudgeVotesDeps = {
  isWaiting(): Promise<boolean>;
  /** Some of what waits. */
  judge(): Promise<void>;
  failed(error: Error): void;
};

/** So long at a time. Votes are taken between two steps; what else waits for the machine, between two rounds. */
const ROUND_MS = 450;

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
