/** What stands beside the rates of nodes that have places beside each other; see `ScoreGroup`. */
import type { LiveRow } from '../../protocol/live.ts';
import type { GroupFigure, Place, ScoreGroup } from '../../protocol/score.ts';
import { funnelIn, shrinkageIn } from '../domain/statistics/group.ts';

export type Group = Pick<ScoreGroup, 'among' | 'kind' | 'parentId'> & {
  rows: readonly LiveRow[];
  /** Of each row, in this group. */
  places: readonly (Place | null)[];
};
export type AskedFigures = {
  figures: readonly GroupFigure[];
  /** Which nodes can be among the best so many. */
  best?: number | undefined;
};
export type AskedOfGroup = AskedFigures & {
  /** Of which nodes it is told; it is made by all of them. */
  isAsked(row: LiveRow): boolean;
  minimum: number;
};

export function groupOf({ rows, places, ...head }: Group, asked: AskedOfGroup): ScoreGroup {
  const { figures, best, isAsked, minimum } = asked;
  const counts = rows.map((row) => row.counts);
  const shrinkage = figures.includes('shrinkage') ? shrinkageIn(counts) : null;
  const funnel = figures.includes('funnel') ? funnelIn(counts, minimum) : null;
  return {
    ...head,
    ...(best !== undefined && { best: { of: best, ids: idsOfBest(rows, places, asked) } }),
    ...(shrinkage && { prior: shrinkage.prior }),
    ...(funnel && { funnel: funnel.funnel }),
    ...(figures.length > 0 && {
      nodes: rows.filter(isAsked).map((row) => ({
        id: row.id,
        ...(shrinkage && { shrunk: shrinkage.of(row.counts) }),
        ...(funnel && { funnel: funnel.of(row.counts) }),
      })),
    }),
  };
}

function idsOfBest(
  rows: readonly LiveRow[],
  places: readonly (Place | null)[],
  { best = 0, isAsked }: AskedOfGroup,
): string[] {
  return rows
    .flatMap((row, at) => {
      const place = places[at];
      return place && place.best <= best && isAsked(row) ? [{ id: row.id, rank: place.rank }] : [];
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ id }) => id);
}
