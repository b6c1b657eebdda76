/** The computed mean number of votes to an alarm is what a dense linear system says, and what happens when votes are drawn. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMoment, NO_VOTES } from '../../gateway/domain/alerts/window-votes.ts';
import { type Cusum, votesToAlarm } from '../../gateway/domain/statistics/cusum.ts';
import { stepsToHeight } from '../../gateway/domain/statistics/run-length.ts';
import { type SlidingRule, votesToSlidingAlarm } from '../../gateway/domain/statistics/sliding-rule.ts';
import { drawFrom } from '../support/simulated-city.ts';

/** E = 1 + P·E over the sums below the height, by Gauss and Jordan. */
function byElimination(
  down: number,
  jumps: readonly { up: number; probability: number }[],
  height: number,
): number[] {
  const rows = Array.from({ length: height }, (_none, s) => {
    const row = new Array<number>(height + 1).fill(0);
    const put = (at: number, probability: number) => {
      if (at < height) row[at] = (row[at] ?? 0) - probability;
    };
    put(s, -1);
    put(Math.max(0, s - 1), down);
    for (const { up, probability } of jumps) put(s + up, probability);
    row[height] = 1;
    return row;
  });
  for (let pivot = 0; pivot < height; pivot++) {
    const largest = rows.reduce(
      (best, row, at) =>
        at >= pivot && Math.abs(row[pivot] ?? 0) > Math.abs(rows[best]?.[pivot] ?? 0) ? at : best,
      pivot,
    );
    [rows[pivot], rows[largest]] = [rows[largest] ?? [], rows[pivot] ?? []];
    const own = rows[pivot] ?? [];
    for (const row of rows) {
      if (row === own) continue;
      const factor = (row[pivot] ?? 0) / (own[pivot] ?? 0);
      for (let at = pivot; at <= height; at++) row[at] = (row[at] ?? 0) - factor * (own[at] ?? 0);
    }
  }
  return rows.map((row, at) => (row[height] ?? 0) / (row[at] ?? 0));
}

it('a CUSUM’s linear system is solved, from every sum', () => {
  const share = fc.double({ min: 0.02, max: 0.9, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 15 }),
      fc.integer({ min: 1, max: 40 }),
      share,
      (rise, height, bad) => {
        // The dense system loses as many digits as the run has.
        fc.pre(votesToAlarm({ rise, height }, bad) < 1e7);
        const wanted = byElimination(1 - bad, [{ up: rise - 1, probability: bad }], height);
        wanted.forEach((votes, start) => {
          expect(votesToAlarm({ rise, height }, bad, start) / votes).toBeCloseTo(1, 6);
        });
      },
    ),
    { numRuns: 300 },
  );
});

it('… also of jumps of several heights', () => {
  const jumps = [
    { up: 0, probability: 0.1 },
    { up: 2, probability: 0.15 },
    { up: 7, probability: 0.05 },
  ];
  const found = stepsToHeight(0.7, jumps, 25);
  byElimination(0.7, jumps, 25).forEach((steps, start) => {
    expect((found[start] ?? 0) / steps).toBeCloseTo(1, 9);
  });
});

it('a higher alarm, a lower share and a lower start take more votes', () => {
  const drawn = fc.tuple(
    fc.integer({ min: 2, max: 20 }),
    fc.integer({ min: 2, max: 100 }),
    fc.double({ min: 0.01, max: 0.5, noNaN: true }),
  );
  fc.assert(
    fc.property(drawn, ([rise, height, bad]) => {
      const votes = votesToAlarm({ rise, height }, bad);
      const more = 1 - 1e-12;
      expect(votesToAlarm({ rise, height: height + 1 }, bad)).toBeGreaterThanOrEqual(more * votes);
      expect(votesToAlarm({ rise, height }, 0.9 * bad)).toBeGreaterThan(votes);
      expect(votesToAlarm({ rise, height }, bad, height - 1)).toBeLessThanOrEqual(votes / more);
    }),
    { numRuns: 300 },
  );
});

describe('drawn vote by vote', () => {
  const RUNS = 4_000;
  /** Mean of the runs, and how far it may be from the truth: five standard errors. */
  function meanOf(run: (draw: () => number) => number): { mean: number; margin: number } {
    const draw = drawFrom(20_261_127);
    let [sum, squares] = [0, 0];
    for (let at = 0; at < RUNS; at++) {
      const votes = run(draw);
      sum += votes;
      squares += votes * votes;
    }
    const mean = sum / RUNS;
    return { mean, margin: 5 * Math.sqrt((squares / RUNS - mean * mean) / RUNS) };
  }

  it.each<[Cusum, number]>([
    [{ rise: 11, height: 22 }, 0.05],
    [{ rise: 11, height: 22 }, 0.15],
    [{ rise: 6, height: 24 }, 0.12],
  ])('a CUSUM, %j at %d', (cusum, bad) => {
    const { mean, margin } = meanOf((draw) => {
      const rules = { sum: { ...cusum, closesAt: 0 }, singleMs: null };
      let folded = NO_VOTES;
      for (let at = 1; ; at++) {
        const unsatisfied = draw() < bad ? 1 : 0;
        folded = addMoment(folded, { at, unsatisfied, others: 1 - unsatisfied }, rules);
        if (folded.rising) return at;
      }
    });
    expect(Math.abs(mean - votesToAlarm(cusum, bad))).toBeLessThan(margin);
    expect(margin).toBeLessThan(0.1 * mean);
  });

  it.each<[SlidingRule, number]>([
    [{ bad: 2, among: 4 }, 0.1],
    [{ bad: 3, among: 6 }, 0.1],
    [{ bad: 4, among: 10 }, 0.2],
    [{ bad: 7, among: 8 }, 0.7],
  ])('a sliding rule, %j at %d', (rule, bad) => {
    const { mean, margin } = meanOf((draw) => {
      const last: boolean[] = [];
      for (let votes = 1; ; votes++) {
        last.push(draw() < bad);
        if (last.length > rule.among) last.shift();
        if (last.filter(Boolean).length >= rule.bad) return votes;
      }
    });
    expect(Math.abs(mean - votesToSlidingAlarm(rule, bad))).toBeLessThan(margin);
    expect(margin).toBeLessThan(0.1 * mean);
  });
});
