/** The hand of the fault suites and the gateway's domain agree, whatever is pressed: each would tell of a mistake of the other's. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_RULES } from '../../gateway/domain/verdicts/rule-settings.ts';
import { verdictsOf } from '../../gateway/domain/verdicts/verdicts-of.ts';
import { rulesOf } from '../support/live-verdicts.ts';
import { type OracleVote, verdictsByHand } from '../support/verdicts-by-hand.ts';

const BEGIN = 1_795_000_000_000;
const GAPS = [0, 1, 400, 1_000, 2_999, 3_000, 3_001, 4_999, 5_000, 5_001, 6_000, 20_000, 59_999, 61_000];
const press = fc.record({
  gap: fc.constantFrom(...GAPS),
  drift: fc.constantFrom(0, 0, 0, 40, -5_000, 7_000),
  /** Of one button, evenly: a contact that sticks. */
  times: fc.constantFrom(1, 1, 1, 1, 4, 12, 40),
  rating: fc.constantFrom(0, 0, 0, 1, 2),
  device: fc.constantFrom(1, 1, 1, 2, null),
  boot: fc.constantFrom('a', 'a', 'a', 'b'),
  isTimed: fc.constantFrom(true, true, true, true, false),
});
const rules = rulesOf(DEFAULT_RULES);

it('a window of two devices, in and out of order', () => {
  const words = new Set<string>();
  fc.assert(
    fc.property(fc.array(press, { maxLength: 40 }), fc.nat(6), (presses, turned) => {
      const votes: OracleVote[] = [];
      let at = BEGIN;
      for (const { gap, drift, times, ...one } of presses)
        for (let time = 0; time < times; time++) {
          at += gap;
          votes.push({
            ...one,
            at,
            mono: at - BEGIN + drift + 10_000,
            source: one.device ?? 3,
            seq: votes.length,
          });
        }
      const order = [...votes.slice(turned), ...votes.slice(0, turned)];
      const byHand = verdictsByHand(order);
      const judged = verdictsOf(
        order.map(({ source, rating, ...vote }) => ({
          ...{ ...vote, sourceKey: source, rating: rating as 0 | 1 | 2 },
          ...{ heldMs: null, isTest: false, isImputed: false },
        })),
        rules,
      );
      for (const word of byHand) words.add(word);
      expect(byHand).toEqual(judged.map(({ code }) => code));
    }),
    { numRuns: 400 },
  );
  expect([...words].sort()).toEqual(['burst', 'counted', 'stuck', 'superseded', 'too-soon']);
});
