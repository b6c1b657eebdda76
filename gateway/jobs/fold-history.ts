import type { Folded, HistoryFolding } from '../store/history.ts';
import type { OnceJob } from './job.ts';

export type FoldHistoryDeps = HistoryFolding & {
  now(): number;
  /** The storage takes writes. */
  isUsable(): boolean;
  /** After each round. */
  folded(folded: Folded): void;
  failed(error: Error): void;
};

/** So long at a time, in steps between which votes are taken. */
const ROUND_MS = 250;

/** What was pressed is summed up for every unit: reading a year of a city is cheap then, and says the same. */
export const foldHistory = ({ now, isUsable, isDue, fold, folded, failed }: FoldHistoryDeps): OnceJob => ({
  name: 'fold-history',
  schedule: { everyMs: 1_000 },
  once: { isDue: async () => isUsable() && (await isDue(now())) },
  async run() {
    const begun = performance.now();
    let latest: Folded;
    do latest = await fold(now());
    while (performance.now() - begun < ROUND_MS && (await isDue(now())));
    folded(latest);
  },
  failed,
});
