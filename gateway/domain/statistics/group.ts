/** What stands beside the rates of a group of nodes: each drawn towards the group, and where each lies in the group's funnel. */
import type { GroupFunnel, NodeFunnel, Prior, ShrunkRate } from '../../../protocol/score.ts';
import type { Counts } from '../../../protocol/vote.ts';
import { votesIn } from '../tally.ts';
import { type FunnelLimits, funnelLimits, funnelPlace, OVERDISPERSED, overDispersion } from './funnel.ts';
import { priorOf, type ShareCount, shrunkShare } from './shrinkage.ts';

const shareIn = (counts: Counts): ShareCount => ({
  x: counts.satisfied + counts.basically,
  n: votesIn(counts),
});

/** @throws StatisticsRefusal `counts-invalid` */
export function shrinkageIn(group: readonly Counts[]): {
  prior: Prior | null;
  of(node: Counts): ShrunkRate;
} {
  const prior = priorOf(group.map(shareIn));
  return {
    prior,
    of(node) {
      const share = shareIn(node);
      // Unrated is unrated: the group's mean is nobody's rate.
      if (share.n === 0) return { rate: null, reason: 'no-votes' };
      if (prior === null) return { rate: null, reason: 'group-small' };
      return { rate: shrunkShare(share, prior), reason: null };
    },
  };
}

const NO_LIMITS = { alert: null, alarm: null, zone: null, side: null } as const;

/**
 * Around the rate of all nodes with a sufficient sample together; the others are not in it.
 * @throws StatisticsRefusal `counts-invalid`
 */
export function funnelIn(
  group: readonly Counts[],
  minimum: number,
): { funnel: GroupFunnel | null; of(node: Counts): NodeFunnel } {
  const isSufficient = ({ n }: ShareCount) => n > 0 && n >= minimum;
  const shares = group.map(shareIn).filter(isSufficient);
  const centre = sumOf(shares, ({ x }) => x) / sumOf(shares, ({ n }) => n);
  // Of a group that has one rate alone chance moves nothing, and there is no limit.
  const gap = shares.length < 2 ? 'group-small' : centre === 0 || centre === 1 ? 'group-alike' : null;
  const dispersion = gap === null ? overDispersion(shares, centre) : null;
  const limits = new Map<number, FunnelLimits>();
  const limitsOf = (n: number) => {
    const known = limits.get(n) ?? funnelLimits(n, centre);
    limits.set(n, known);
    return known;
  };
  return {
    funnel:
      dispersion === null
        ? null
        : { centre, nodes: shares.length, dispersion, isOverDispersed: dispersion > OVERDISPERSED },
    of(node) {
      const share = shareIn(node);
      if (share.n === 0) return { ...NO_LIMITS, reason: 'no-votes' };
      if (!isSufficient(share)) return { ...NO_LIMITS, reason: 'insufficient' };
      if (gap !== null) return { ...NO_LIMITS, reason: gap };
      const { alert, alarm } = limitsOf(share.n);
      return { alert, alarm, ...funnelPlace(share.x / share.n, { alert, alarm }), reason: null };
    },
  };
}

function sumOf(shares: readonly ShareCount[], of: (share: ShareCount) => number): number {
  return shares.reduce((sum, share) => sum + of(share), 0);
}
