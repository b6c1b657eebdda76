import { LEAST_VOTES, type LiveRow } from '../../../protocol/live.ts';

export function isSampleEnough(row: Pick<LiveRow, 'votes'>): boolean {
  return row.votes >= LEAST_VOTES;
}

/** `rank` is null where the sample is insufficient. */
export type Ranked = { id: string; rank: number | null };

type Rankable = Pick<LiveRow, 'id' | 'rate' | 'votes'>;

/**
 * By the given rate, then by votes; equals share a rank (1, 2, 2, 4). Those with an insufficient sample come last,
 * by votes, without a number. Stable: rows that compare equal keep their order.
 */
export function rankUnits(rows: readonly Rankable[]): Ranked[] {
  const enough = rows.filter(isSampleEnough).sort(byRateThenVotes);
  const rest = rows.filter((row) => !isSampleEnough(row)).sort((a, b) => b.votes - a.votes);
  let rank = 0;
  const ranked = enough.map((row, position) => {
    const before = enough[position - 1];
    if (before === undefined || byRateThenVotes(before, row) !== 0) rank = position + 1;
    return { id: row.id, rank };
  });
  return [...ranked, ...rest.map((row) => ({ id: row.id, rank: null }))];
}

function byRateThenVotes(a: Rankable, b: Rankable): number {
  return (b.rate ?? -1) - (a.rate ?? -1) || b.votes - a.votes;
}
