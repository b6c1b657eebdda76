/** Places that are kept in order are, after any changes, those of `rankByRate`, which compares all anew; and what has not moved is the same object. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rankKept } from '../../gateway/domain/statistics/kept-ranks.ts';
import { PAIRS_AT_MOST, rankByRate } from '../../gateway/domain/statistics/ranks.ts';
import { drawFrom } from '../support/simulated-city.ts';

const OPTIONS = { minimum: 30, confidence: 0.95 };
const NODES = PAIRS_AT_MOST + 60;

/** Of few different counts, so that many are equal; about one in nine below the least sample, and some with nothing at all. */
const scripts = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  rounds: fc.array(fc.constantFrom(0, 1, 2, 20, 31, 60, NODES), { minLength: 1, maxLength: 6 }),
  differs: fc.constantFrom(4, 40, 400),
});

it('whichever have other votes, and however many', () => {
  fc.assert(
    fc.property(scripts, ({ seed, rounds, differs }) => {
      const draw = drawFrom(seed);
      const votes = new Float64Array(2 * NODES);
      const vote = (node: number) => {
        const all = draw() < 0.02 ? 0 : 26 + Math.floor(draw() * differs);
        const bad = Math.floor(draw() * draw() * (all + 1));
        votes.set([all - bad, bad], 2 * node);
      };
      for (let node = 0; node < NODES; node++) vote(node);
      let kept = rankKept(votes.slice(), OPTIONS);
      for (const others of [0, ...rounds]) {
        for (let other = 0; other < others; other++) vote(Math.floor(draw() * NODES));
        const next = kept.next(votes.slice());
        const nodes = Array.from({ length: NODES }, (_, node) => ({
          satisfied: votes[2 * node] as number,
          basically: 0,
          unsatisfied: votes[2 * node + 1] as number,
        }));
        const expected = rankByRate(nodes, OPTIONS);
        const of = expected.filter(({ rank }) => rank !== null).length;
        expect(next.ranked).toBe(of);
        expect(next.places).toEqual(
          expected.map(({ rank, set }) => (rank === null ? null : { rank, ...set, of })),
        );
        next.places.forEach((place, node) => {
          const before = kept.places[node];
          if (JSON.stringify(before) === JSON.stringify(place)) expect(place).toBe(before);
        });
        kept = next;
      }
    }),
    { numRuns: 60 },
  );
});
