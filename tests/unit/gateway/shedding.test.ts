import { describe, expect, it } from 'vitest';
import { createShedding } from '../../../gateway/neighbours/shedding.ts';

/** Gateways behind a balancer that gives each terminal to whoever has fewest, or none. */
function createTown(counts: number[], hasBalancer: boolean) {
  let now = 0;
  const gateways = counts.map((count, index) => ({
    terminals: Array.from({ length: count }, (_, at) => `${index}-${at}`),
    shedding: createShedding(() => now),
  }));
  type One = (typeof gateways)[number];
  const most = { shed: 0, inVain: 0 };
  return {
    most,
    counts: () => gateways.map(({ terminals }) => terminals.length),
    pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        now += 1_000;
        const coming: { terminalId: string; from: One }[] = [];
        const seen = gateways.map(({ terminals }) => terminals.length);
        gateways.forEach((gateway, index) => {
          const others = seen.filter((_, other) => other !== index);
          const own = gateway.terminals.length;
          const count = gateway.shedding.plan({ own, others, sinceMs: 1_000 });
          const sent = gateway.terminals.splice(0, count);
          gateway.shedding.sent(sent);
          most.shed = Math.max(most.shed, sent.length);
          coming.push(...sent.map((terminalId) => ({ terminalId, from: gateway })));
        });
        now += 500;
        for (const { terminalId, from } of coming) {
          const to = hasBalancer
            ? gateways.reduce((least, one) => (one.terminals.length < least.terminals.length ? one : least))
            : from;
          to.terminals.push(terminalId);
          to.shedding.cameBack(terminalId);
        }
        now -= 500;
        for (const { shedding } of gateways) if (shedding.takeInVain()) most.inVain += 1;
      }
    },
  };
}

describe('terminals are shared out', () => {
  it('within minutes, a few at a time, after a gateway was restarted', () => {
    const town = createTown([6_231, 0], true);
    town.pass(30);
    expect(town.counts()[1]).toBeGreaterThan(0);
    town.pass(210);
    const [first = 0, second = 0] = town.counts();
    expect(first + second).toBe(6_231);
    expect(first).toBeLessThanOrEqual((6_231 / 2) * 1.1 + 2);
    expect(town.most.shed).toBeLessThanOrEqual(63);
    expect(town.most.inVain).toBe(0);
  });

  it('of a hall, too: once it is known that they go, nobody waits to know it again', () => {
    const town = createTown([200, 0], true);
    town.pass(85);
    expect(town.counts()[0]).toBeLessThanOrEqual(100 * 1.1 + 2);
    expect(town.most.shed).toBeLessThanOrEqual(2);
    expect(town.most.inVain).toBe(0);
  });

  it('and then left in peace', () => {
    const town = createTown([1_100, 900, 1_000], true);
    town.pass(600);
    expect(town.counts()).toEqual([1_100, 900, 1_000]);
    expect(town.most.shed).toBe(0);
  });

  it('and not sent round in circles where nobody in front shares them out', () => {
    const town = createTown([1_000, 0], false);
    town.pass(3_000);
    expect(town.most.inVain).toBe(1);
    expect(town.counts()).toEqual([1_000, 0]);
    town.pass(1_000);
    expect(town.most.inVain).toBe(2);
  });

  it('and kept by one that is alone', () => {
    const town = createTown([500], true);
    town.pass(100);
    expect(town.most.shed).toBe(0);
  });
});
