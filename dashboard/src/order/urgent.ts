import type { LiveRow } from '../../../protocol/live.ts';

/** Ids of those that somebody should look at, as the gateway says, the most urgent first; equals keep their order. */
export function orderUrgent(rows: readonly Pick<LiveRow, 'id' | 'attention'>[]): string[] {
  return rows
    .filter(({ attention }) => attention > 0)
    .sort((a, b) => b.attention - a.attention)
    .map(({ id }) => id);
}
