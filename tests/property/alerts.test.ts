/** Alerts are the same whatever the order in which what they rest on becomes known, and do not flap. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ALERTS, type SilentRule } from '../../gateway/domain/alerts/alert-settings.ts';
import { causeOf, type Found } from '../../gateway/domain/alerts/found.ts';
import { type OpenAlert, planAlerts } from '../../gateway/domain/alerts/plan.ts';
import { findSilence, type WatchedTerminal } from '../../gateway/domain/alerts/silence.ts';
import { addMoment, foldVotes, NO_VOTES } from '../../gateway/domain/alerts/window-votes.ts';
import { ALERT_KINDS } from '../../protocol/alert.ts';

const MINUTE = 60_000;
/** Few moments, so that some votes share one. */
const votes = fc.array(fc.record({ at: fc.nat({ max: 60 }), unsatisfied: fc.boolean() }), { maxLength: 80 });
const rules = fc
  .record({
    rise: fc.integer({ min: 2, max: 12 }),
    height: fc.integer({ min: 2, max: 40 }),
    low: fc.nat({ max: 20 }),
    singleMs: fc.option(fc.nat({ max: 20 })),
  })
  .map(({ rise, height, low, singleMs }) => ({
    sum: { rise, height, closesAt: Math.min(low, Math.floor(height / 2)) },
    singleMs,
  }));
const shuffled = <T>(of: fc.Arbitrary<T[]>) =>
  of.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
  );

describe('the votes of a window', () => {
  it('give the same in any order', () => {
    fc.assert(
      fc.property(shuffled(votes), rules, ([one, other], rule) => {
        expect(foldVotes(other, rule)).toEqual(foldVotes(one, rule));
      }),
    );
  });

  it('give the same one after another as all at once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 500 }), { maxLength: 80 }), rules, (moments, rule) => {
        const ascending = moments.toSorted((a, b) => a - b).map((at) => ({ at, unsatisfied: at % 3 === 0 }));
        const added = ascending.reduce(
          (known, { at, unsatisfied }) =>
            addMoment(known, { at, unsatisfied: unsatisfied ? 1 : 0, others: unsatisfied ? 0 : 1 }, rule),
          NO_VOTES,
        );
        expect(added).toEqual(foldVotes(ascending, rule));
      }),
    );
  });

  it('do not flap: from one alert to the next the sum has all its way to go again', () => {
    fc.assert(
      fc.property(votes, rules, (all, { sum }) => {
        const moments = [...new Set(all.map(({ at }) => at))].sort((a, b) => a - b);
        const needed = Math.ceil((sum.height - sum.closesAt) / (sum.rise - 1));
        let [known, opened, sinceClosed] = [NO_VOTES, 0, Number.POSITIVE_INFINITY];
        for (const at of moments) {
          const here = all.filter((vote) => vote.at === at);
          const unsatisfied = here.filter((vote) => vote.unsatisfied).length;
          const next = addMoment(
            known,
            { at, unsatisfied, others: here.length - unsatisfied },
            { sum, singleMs: null },
          );
          sinceClosed += unsatisfied;
          if (known.rising === null && next.rising !== null) {
            opened += 1;
            expect(sinceClosed).toBeGreaterThanOrEqual(opened === 1 ? 0 : needed);
          }
          if (known.rising !== null && next.rising === null) sinceClosed = 0;
          known = next;
        }
      }),
    );
  });
});

const CAUSES = ALERT_KINDS.flatMap((kind) => ['window:a', 'unit:b'].map((node) => ({ kind, node })));
const found = fc.uniqueArray(
  fc.record({
    cause: fc.constantFrom(...CAUSES),
    state: fc.constantFrom('holds' as const, 'between' as const),
    begin: fc.nat({ max: 9 }),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  { selector: ({ cause }) => causeOf(cause) },
);
const foundOf = (some: typeof found extends fc.Arbitrary<infer T> ? T : never): Found[] =>
  some.map(({ cause, state, begin, times }) => ({
    ...{ ...cause, state, begin, last: begin, times },
    ...{ unitId: 'b', isUrgent: false, detail: {} },
  }));
const looked = (some: Found[], covered: string[] = []) => ({
  ...{ found: some, kinds: new Set(ALERT_KINDS), covered: new Set(covered) },
  settled: new Map<string, number>(),
});

describe('a plan', () => {
  const apply = (open: OpenAlert[], some: Found[]): OpenAlert[] => {
    let next = [...open];
    for (const step of planAlerts(open, looked(some)))
      if (step.do === 'open') next.push({ ...step.found, id: `a-${causeOf(step.found)}` });
      else if (step.do === 'close') next = next.filter(({ id }) => id !== step.alert.id);
      else next = next.map((one) => (one.id === step.alert.id ? { ...one, ...step.found, id: one.id } : one));
    return next;
  };

  it('is the same in any order', () => {
    fc.assert(
      fc.property(shuffled(found), shuffled(found), ([one, other], [before, reversed]) => {
        const open = apply([], foundOf(before));
        expect(apply([], foundOf(reversed)).map(causeOf).sort()).toEqual(open.map(causeOf).sort());
        expect(planAlerts(open.toReversed(), looked(foundOf(other)))).toEqual(
          planAlerts(open, looked(foundOf(one))),
        );
      }),
    );
  });

  it('leaves one alert a cause, and nothing to do a second time', () => {
    fc.assert(
      fc.property(found, found, (before, after) => {
        const open = apply(apply([], foundOf(before)), foundOf(after));
        expect(new Set(open.map(causeOf)).size).toBe(open.length);
        const again = planAlerts(open, looked(foundOf(after))).filter((step) => step.do !== 'again');
        expect(again).toEqual([]);
      }),
    );
  });
});

describe('silence', () => {
  const rule = DEFAULT_ALERTS.silent as SilentRule;
  const units = ['city', 'east', 'west'].map((id) => ({ id, parentId: id === 'city' ? null : 'city' }));
  const terminals = fc
    .array(
      fc.record({
        unit: fc.constantFrom('east', 'west'),
        state: fc.constantFrom('there' as const, 'back' as const, 'silent' as const, 'unexpected' as const),
        minutes: fc.nat({ max: 40 }),
      }),
      { maxLength: 12 },
    )
    .map((some) =>
      some.map(
        ({ unit, state, minutes }, index): WatchedTerminal => ({
          ...{ id: `t-${index}`, unitIds: [unit, 'city'], rule, state, since: -minutes * MINUTE },
          silentMs: state === 'silent' ? minutes * MINUTE : 0,
        }),
      ),
    );
  const find = (some: WatchedTerminal[], open: readonly string[]) => {
    const { found: all, covered } = findSilence(
      some,
      units,
      () => rule,
      (cause) => open.includes(cause),
    );
    return {
      found: all.toSorted((a, b) => (a.node < b.node ? -1 : 1)),
      covered: [...covered].sort(),
    };
  };

  it('is found the same in any order, and an outage stays what it is while nothing changes', () => {
    fc.assert(
      fc.property(shuffled(terminals), ([one, other]) => {
        const first = find(one, []);
        expect(find(other, [])).toEqual(first);
        const plan = planAlerts([], looked(first.found, first.covered));
        const open = plan.flatMap((step) =>
          step.do === 'open' ? { ...step.found, id: step.found.node } : [],
        );
        const second = find(other, open.map(causeOf));
        expect(planAlerts(open, looked(second.found, second.covered))).toEqual([]);
      }),
    );
  });
});
