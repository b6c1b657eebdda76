/** Verdicts are a function of the votes and the rules, and of nothing else: not of the order in which votes come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RatingCode } from '../../gateway/domain/tally.ts';
import type { JudgedVote } from '../../gateway/domain/verdicts/judged-vote.ts';
import { affectedSpan, reachOf } from '../../gateway/domain/verdicts/reach.ts';
import type { Judgement } from '../../gateway/domain/verdicts/verdict.ts';
import { verdictCodesOf } from '../../gateway/domain/verdicts/verdict-codes.ts';
import { verdictsOf } from '../../gateway/domain/verdicts/verdicts-of.ts';
import { constantRules, type WindowRules } from '../../gateway/domain/verdicts/window-rules.ts';
import { type TellChange, WindowVerdicts } from '../../gateway/domain/verdicts/window-verdicts.ts';
import type { Verdict } from '../../protocol/verdict.ts';
import { anySettings, MORNING, pressOf, rulesOf } from '../support/presses.ts';
import { anyRuledVotes } from '../support/ruled-votes.ts';

const nameOf = ({ sourceKey, seq }: JudgedVote) => `${sourceKey}/${seq}`;
const byName = (votes: readonly JudgedVote[], verdicts: readonly Judgement[]) =>
  Object.fromEntries(votes.map((vote, index) => [nameOf(vote), verdicts[index]]));

function shuffled<T>(items: readonly T[], keys: readonly number[]): T[] {
  return items
    .map((item, index) => ({ item, key: keys[index % keys.length]! + index / 1_000 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
/** Any order at all, or one in which votes are late by a few places. */
const anyOrder = fc.oneof(
  fc.array(fc.nat(1_000), { minLength: 7, maxLength: 50 }),
  fc.array(fc.nat(9), { minLength: 1, maxLength: 50 }).map((late) => ({ late })),
);
const inOrder = <T>(items: readonly T[], order: readonly number[] | { late: readonly number[] }) =>
  'late' in order
    ? shuffled(
        items,
        items.map((_item, index) => index + order.late[index % order.late.length]!),
      )
    : shuffled(items, order);

describe('verdicts of all votes', () => {
  it('are the same in whatever order the votes are, and of votes that are there twice', () => {
    fc.assert(
      fc.property(anyRuledVotes, anyOrder, ({ votes, windowRules }, order) => {
        const expected = byName(votes, verdictsOf(votes, windowRules));
        const other = inOrder([...votes, ...votes.slice(0, 9)], order);
        expect(byName(other, verdictsOf(other, windowRules))).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('are the same without their reasons', () => {
    fc.assert(
      fc.property(anyRuledVotes, ({ votes, windowRules }) => {
        const codes = verdictsOf(votes, windowRules).map(({ code }) => code);
        expect(verdictCodesOf(votes, windowRules)).toEqual(codes);
      }),
      { numRuns: 100 },
    );
  });

  it('of a neighbourhood are what they are of all', () => {
    fc.assert(
      fc.property(anyRuledVotes, fc.nat(), ({ votes, windowRules }, pick) => {
        const all = byName(votes, verdictsOf(votes, windowRules));
        const reach = reachOf(windowRules.all);
        const { at } = votes[pick % votes.length]!;
        const near = votes.filter((vote) => vote.at >= at - reach.backMs && vote.at <= at + reach.forwardMs);
        const mine = byName(near, verdictsOf(near, windowRules));
        for (const vote of votes) if (vote.at === at) expect(mine[nameOf(vote)]).toEqual(all[nameOf(vote)]);
      }),
      { numRuns: 250 },
    );
  });

  it('change within the affected span only, when a vote comes', () => {
    fc.assert(
      fc.property(anyRuledVotes, fc.nat(), ({ votes, windowRules }, pick) => {
        const late = votes[pick % votes.length]!;
        const others = votes.filter((vote) => vote !== late);
        const before = byName(others, verdictsOf(others, windowRules));
        const after = byName(votes, verdictsOf(votes, windowRules));
        const { affected, needed } = affectedSpan(late.at, reachOf(windowRules.all));
        const near = votes.filter(({ at }) => at >= needed.from && at <= needed.to);
        const renewed = byName(near, verdictsOf(near, windowRules));
        for (const vote of others) {
          const name = nameOf(vote);
          const isAffected = vote.at >= affected.from && vote.at <= affected.to;
          expect(isAffected ? renewed[name] : before[name]).toEqual(after[name]);
        }
      }),
      { numRuns: 250 },
    );
  });

  it('of a neighbourhood are what they are of all, when a device is pressed for ever without a pause', () => {
    const anyGaps = fc.array(fc.integer({ min: 200, max: 1_990 }), { minLength: 20, maxLength: 40 });
    fc.assert(
      fc.property(anyGaps, anySettings, fc.nat(), fc.nat(), (gaps, settings, start, pick) => {
        const windowRules = constantRules(rulesOf({ ...settings, pressIntervalMs: 2_000 }));
        let at = MORNING + (start % 100_000);
        const votes = Array.from({ length: 500 }, (_none, index) => {
          at += gaps[index % gaps.length]!;
          return pressOf(index + 1, at, { rating: ((index * gaps[0]!) % 3) as RatingCode });
        });
        const reach = reachOf(windowRules.all);
        const vote = votes[400 + (pick % 100)]!;
        const near = votes.filter((other) => other.at >= vote.at - reach.backMs);
        const all = byName(votes, verdictsOf(votes, windowRules));
        expect(byName(near, verdictsOf(near, windowRules))[nameOf(vote)]).toEqual(all[nameOf(vote)]);
      }),
      { numRuns: 100 },
    );
  });

  it('between two pauses are what they are of all', () => {
    fc.assert(
      fc.property(anyRuledVotes, ({ votes, windowRules }) => {
        const { aloneMs } = reachOf(windowRules.all);
        const stretches: JudgedVote[][] = [];
        for (const vote of votes) {
          const last = stretches.at(-1);
          if (last && vote.at - last.at(-1)!.at <= aloneMs) last.push(vote);
          else stretches.push([vote]);
        }
        const apart = stretches.flatMap((stretch) => verdictsOf(stretch, windowRules));
        expect(apart).toEqual(verdictsOf(votes, windowRules));
      }),
      { numRuns: 100 },
    );
  });
});

/** What somebody has who keeps each vote's verdict as it is told. */
function follow(votes: readonly JudgedVote[], window: WindowVerdicts) {
  const told = new Map<string, Verdict>();
  const unknown: JudgedVote[] = [];
  const tell: TellChange = (vote, now, before) => {
    expect(told.get(nameOf(vote))).toBe(before);
    told.set(nameOf(vote), now);
  };
  for (const vote of votes) {
    const code = window.take(vote, tell);
    if (code === null) unknown.push(vote);
    else told.set(nameOf(vote), code);
  }
  return { codes: Object.fromEntries(told), unknown };
}
const codesOf = (votes: readonly JudgedVote[], rules: WindowRules) =>
  Object.fromEntries(verdictsOf(votes, rules).map(({ code }, index) => [nameOf(votes[index]!), code]));

describe('verdicts of votes as they come', () => {
  it('are at every moment those of all of them', () => {
    fc.assert(
      fc.property(anyRuledVotes, anyOrder, fc.nat(), ({ votes, windowRules }, order, cut) => {
        const coming = inOrder([...votes, ...votes.slice(0, 5)], order);
        const window = new WindowVerdicts({ rules: windowRules, lateMs: 1e9, mostPresses: 1e9 });
        for (const part of [coming.slice(0, cut % coming.length), coming]) {
          // Those of the first part come again: nothing is told of them.
          const { codes, unknown } = follow(part, window);
          expect(unknown).toEqual([]);
          expect(codes).toEqual(codesOf(part, windowRules));
        }
      }),
      { numRuns: 600 },
    );
  });

  it('are right or unknown when little is kept in memory, and what is unknown can be judged from the votes around', () => {
    let judged = 0;
    let missed = 0;
    fc.assert(
      fc.property(
        anyRuledVotes,
        anyOrder,
        fc.record({
          mostPresses: fc.integer({ min: 1, max: 40 }),
          lateMs: fc.integer({ min: 0, max: 60_000 }),
        }),
        fc.nat(3),
        ({ votes, windowRules }, order, memory, patience) => {
          let window = new WindowVerdicts({ rules: windowRules, ...memory });
          const stored: JudgedVote[] = [];
          const kept = new Map<string, Verdict>();
          let unknown = 0;
          for (const vote of inOrder(votes, order)) {
            stored.push(vote);
            const code = window.take(vote, (other, now) => kept.set(nameOf(other), now));
            judged += 1;
            if (code !== null) kept.set(nameOf(vote), code);
            else {
              missed += 1;
              unknown += 1;
              const { affected, needed } = affectedSpan(vote.at, window.reach);
              const near = stored.filter(({ at }) => at >= needed.from && at <= needed.to);
              verdictsOf(near, windowRules).forEach((verdict, index) => {
                const other = near[index]!;
                if (other.at >= affected.from && other.at <= affected.to)
                  kept.set(nameOf(other), verdict.code);
              });
              const since = vote.at - 2 * window.reach.backMs;
              const latest = stored.filter(({ at }) => at >= since);
              if (unknown % 4 === patience)
                window = new WindowVerdicts({ rules: windowRules, votes: latest, since, ...memory });
            }
            expect(Object.fromEntries(kept)).toEqual(codesOf(stored, windowRules));
          }
        },
      ),
      { numRuns: 200 },
    );
    // Neither of the two ways is the only one.
    expect(missed / judged).toBeGreaterThan(0.02);
    expect(missed / judged).toBeLessThan(0.9);
  });

  it('go on, after a start, from the latest votes that are stored, also where there is no pause in them', () => {
    fc.assert(
      fc.property(anyRuledVotes, fc.integer({ min: 1, max: 100 }), ({ votes, windowRules }, coming) => {
        const stored = votes.slice(0, -coming);
        const last = stored.at(-1)?.at ?? 0;
        const { backMs } = reachOf(windowRules.all);
        const since = last - 2 * backMs;
        const window = new WindowVerdicts({
          ...{ rules: windowRules, votes: stored.filter(({ at }) => at >= since), since },
          mostPresses: 1e9,
        });
        const all = codesOf(votes, windowRules);
        const codes = new Map<string, Verdict>();
        for (const vote of votes.slice(-coming)) {
          const code = window.take(vote, (other, now) => codes.set(nameOf(other), now));
          expect(code).not.toBeNull();
          codes.set(nameOf(vote), code!);
        }
        for (const [name, code] of codes) expect(code).toBe(all[name]);
      }),
      { numRuns: 200 },
    );
  });

  it('are of every kind here, and counted and discounted are all there are', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(anyRuledVotes, ({ votes, windowRules }) => {
        const verdicts = verdictsOf(votes, windowRules);
        const counted = verdicts.filter(({ code }) => code === 'counted').length;
        const discounted = verdicts.filter(({ code }) => code !== 'counted').length;
        expect(counted + discounted).toBe(votes.length);
        for (const verdict of verdicts) kinds.add('cause' in verdict ? verdict.cause : verdict.code);
      }),
      { numRuns: 200 },
    );
    expect([...kinds].sort()).toEqual([
      'burst',
      'counted',
      'held',
      'regular',
      'superseded',
      'test',
      'too-soon',
    ]);
  });
});
