/** How far votes are that wait to be judged again: some million take a minute. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { VerdictStore } from '../../store/verdicts.ts';
import { showOne } from '../output.ts';
import type { WithStore } from '../with-store.ts';

/** Between two looks: what is judged meanwhile says how long the rest takes. */
const BETWEEN_MS = 2_000;

export function registerRuleProgress(rules: Command, withStore: WithStore): void {
  rules
    .command('progress')
    .description('how many votes wait to be judged, and how long that takes still')
    .option('--watch', 'says it every two seconds, until nothing waits')
    .action(({ watch = false }: { watch?: boolean }) =>
      withStore.reading(async ({ verdicts }, json) => {
        let before = await look(verdicts);
        if (before.windows === 0) return showOne({ windows: 0, votes: 0 }, json, 'Nothing waits.');
        do {
          await sleep(BETWEEN_MS);
          const now = await look(verdicts);
          const votesPerS = Math.round((before.votes - now.votes) / ((now.atMs - before.atMs) / 1_000));
          const secondsLeft = now.votes === 0 ? 0 : votesPerS > 0 ? Math.ceil(now.votes / votesPerS) : null;
          const note = secondsLeft === null ? 'Nothing is being judged: does a gateway run?' : '';
          showOne({ windows: now.windows, votes: now.votes, votesPerS, secondsLeft }, json, note);
          before = now;
        } while (watch && before.windows > 0);
      }),
    );
}

const look = async (verdicts: VerdictStore) => ({ ...(await verdicts.backlog()), atMs: performance.now() });
