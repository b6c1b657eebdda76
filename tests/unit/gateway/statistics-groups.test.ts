/** What stands beside the rates of a group, against its parts and against its definition. */
import { describe, expect, it } from 'vitest';
import { funnelLimits } from '../../../gateway/domain/statistics/funnel.ts';
import { funnelIn, shrinkageIn } from '../../../gateway/domain/statistics/group.ts';
import type { Counts } from '../../../protocol/vote.ts';

const votes = (satisfied: number, basically: number, unsatisfied: number): Counts => ({
  ...{ satisfied, basically, unsatisfied },
});
const NONE = votes(0, 0, 0);
const FEW = votes(5, 0, 0);
const GROUP = [votes(80, 10, 10), votes(150, 30, 20), votes(40, 5, 55), FEW, NONE];

describe('shrinkage in a group', () => {
  it('is by the prior that it is told with, and draws few votes further than many', () => {
    const { prior, of } = shrinkageIn(GROUP);
    const { mean, strength } = prior!;
    expect(mean).toBeCloseTo((90 + 180 + 45 + 5) / (100 + 200 + 100 + 5), 12);
    for (const node of GROUP.slice(0, 4)) {
      const [x, n] = [node.satisfied + node.basically, node.satisfied + node.basically + node.unsatisfied];
      expect(of(node)).toEqual({ rate: (mean * strength + x) / (strength + n), reason: null });
    }
    expect(of(FEW).rate).toBeLessThan(1);
    expect(of(votes(500, 0, 0)).rate).toBeGreaterThan(of(FEW).rate as number);
  });

  it('is none without votes, and none in a group of one', () => {
    expect(shrinkageIn(GROUP).of(NONE)).toEqual({ rate: null, reason: 'no-votes' });
    const alone = shrinkageIn([FEW, NONE]);
    expect([alone.prior, alone.of(FEW)]).toEqual([null, { rate: null, reason: 'group-small' }]);
  });
});

describe('the funnel of a group', () => {
  it('lies around the rate of those with a sufficient sample, and says on which side of it a node is', () => {
    const { funnel, of } = funnelIn(GROUP, 30);
    const centre = 315 / 400;
    const z = [
      [90, 100],
      [180, 200],
      [45, 100],
    ].map(([x = 0, n = 0]) => (x - n * centre) / Math.sqrt(n * centre * (1 - centre)));
    expect(funnel).toMatchObject({ centre, nodes: 3, isOverDispersed: true });
    expect(funnel?.dispersion).toBeCloseTo(z.reduce((sum, one) => sum + one * one, 0) / 3, 10);
    expect(of(GROUP[2] as Counts)).toEqual({
      ...funnelLimits(100, centre),
      ...{ zone: 'alarm', side: 'low', reason: null },
    });
    expect(of(GROUP[1] as Counts)).toMatchObject({ zone: 'alarm', side: 'high' });
    expect(of(votes(78, 10, 12))).toMatchObject({ zone: 'alert', side: 'high' });
    expect(of(votes(79, 0, 21))).toMatchObject({ zone: 'inside', side: null });
  });

  it('is null with a reason where there is none', () => {
    const none = { alert: null, alarm: null, zone: null, side: null };
    const { of } = funnelIn(GROUP, 30);
    expect(of(FEW)).toEqual({ ...none, reason: 'insufficient' });
    expect(of(NONE)).toEqual({ ...none, reason: 'no-votes' });
    expect(funnelIn([...GROUP], 0).of(FEW).reason).toBeNull();
    const small = funnelIn([GROUP[0] as Counts, FEW], 30);
    expect([small.funnel, small.of(GROUP[0] as Counts).reason]).toEqual([null, 'group-small']);
    for (const one of [votes(40, 0, 0), votes(0, 0, 40)]) {
      const alike = funnelIn([one, one], 30);
      expect([alike.funnel, alike.of(one).reason]).toEqual([null, 'group-alike']);
    }
    expect(funnelIn([], 30).funnel).toBeNull();
  });
});
