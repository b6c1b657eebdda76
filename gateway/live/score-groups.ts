/** What stands beside the rates of nodes that have places beside each other; see `ScoreGroup`. */
import type { LiveRow } from '../../protocol/live.ts';
import type { GroupFigure, ScoreGroup } from '../../protocol/score.ts';
import { funnelIn, shrinkageIn } from '../domain/statistics/group.ts';

export type Group = Pick<ScoreGroup, 'among' | 'kind' | 'parentId'> & { rows: readonly LiveRow[] };
export type AskedOfGroup = {
  asked: readonly GroupFigure[];
  /** Of which nodes it is told; it is made by all of them. */
  isAsked(row: LiveRow): boolean;
  minimum: number;
};

export function groupOf({ rows, ...head }: Group, { asked, isAsked, minimum }: AskedOfGroup): ScoreGroup {
  const counts = rows.map((row) => row.counts);
  const shrinkage = asked.includes('shrinkage') ? shrinkageIn(counts) : null;
  const funnel = asked.includes('funnel') ? funnelIn(counts, minimum) : null;
  return {
    ...head,
    ...(shrinkage && { prior: shrinkage.prior }),
    ...(funnel && { funnel: funnel.funnel }),
    nodes: rows.filter(isAsked).map((row) => ({
      id: row.id,
      ...(shrinkage && { shrunk: shrinkage.of(row.counts) }),
      ...(funnel && { funnel: funnel.of(row.counts) }),
    })),
  };
}
