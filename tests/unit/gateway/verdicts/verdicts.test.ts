/** Press times and what becomes of them, as one reads them. */
import { describe, expect, it } from 'vitest';
import type { JudgedVote } from '../../../../gateway/domain/verdicts/judged-vote.ts';
import { withReview } from '../../../../gateway/domain/verdicts/reviews.ts';
import type { RuleSettings } from '../../../../gateway/domain/verdicts/rule-settings.ts';
import { verdictsOf } from '../../../../gateway/domain/verdicts/verdicts-of.ts';
import { constantRules } from '../../../../gateway/domain/verdicts/window-rules.ts';
import { WindowVerdicts } from '../../../../gateway/domain/verdicts/window-verdicts.ts';
import { MORNING, pressOf, rulesOf } from '../../../support/presses.ts';

const BUTTONS = ['满意', '基本', '不满'] as const;
type Button = (typeof BUTTONS)[number];
/** Seconds after ten o'clock, which button, and what else is to be said of it. */
type Line = [seconds: number, button: Button, verdict: string, given?: Partial<JudgedVote>];

function judge(lines: readonly Line[], settings: Partial<RuleSettings> = {}) {
  const votes = lines.map(([seconds, button, _verdict, given], index) =>
    pressOf(index + 1, MORNING + seconds * 1_000, {
      rating: BUTTONS.indexOf(button) as JudgedVote['rating'],
      ...given,
    }),
  );
  return { votes, verdicts: verdictsOf(votes, constantRules(rulesOf(settings))) };
}
const shown = (lines: readonly Line[], settings?: Partial<RuleSettings>) =>
  judge(lines, settings).verdicts.map(({ code }, index) => [...lines[index]!.slice(0, 2), code]);
const expected = (lines: readonly Line[]) => lines.map((line) => line.slice(0, 3));

const TABLES: Record<string, { lines: Line[]; settings?: Partial<RuleSettings> }> = {
  'citizens one after another': {
    lines: [
      [0, '满意', 'counted'],
      [5, '满意', 'counted'],
      [10, '不满', 'counted'],
      [60, '基本', 'counted'],
    ],
  },
  'a citizen who presses several times: measured from the press that counts': {
    lines: [
      [0, '满意', 'counted'],
      [1, '满意', 'too-soon'],
      [4.999, '满意', 'too-soon'],
      [5, '满意', 'counted'],
      [9.9, '满意', 'too-soon'],
    ],
    settings: { burstPresses: 0, burstSpanMs: 0 },
  },
  'a change of mind: the last wins, and the interval begins with it': {
    lines: [
      [0, '不满', 'superseded'],
      [3, '满意', 'counted'],
      [7.9, '满意', 'too-soon'],
      [8, '满意', 'counted'],
    ],
  },
  'a second change of mind is too soon': {
    lines: [
      [0, '不满', 'superseded'],
      [1, '满意', 'counted'],
      [2, '不满', 'too-soon'],
    ],
  },
  'another button a little later is no change of mind': {
    lines: [
      [0, '不满', 'counted'],
      [3.001, '满意', 'too-soon'],
    ],
  },
  'a change of mind after the same button again': {
    lines: [
      [0, '满意', 'superseded'],
      [1, '满意', 'too-soon'],
      [2, '不满', 'counted'],
    ],
  },
  'each device and each boot by itself': {
    lines: [
      [0, '满意', 'counted'],
      [1, '不满', 'counted', { device: 2, sourceKey: 2 }],
      [2, '不满', 'counted', { boot: 'c', mono: 1_000 }],
    ],
  },
  'a burst: the first that counts is kept, whatever device it was': {
    lines: [
      [0, '不满', 'superseded'],
      [2, '满意', 'counted'],
      [7, '满意', 'burst'],
      [12, '满意', 'burst'],
      [13, '满意', 'burst', { device: 2, sourceKey: 2 }],
      [40, '满意', 'counted'],
    ],
  },
  'four in twenty seconds are none': {
    lines: [
      [0, '满意', 'counted'],
      [6, '满意', 'counted'],
      [12, '满意', 'counted'],
      [18, '满意', 'counted'],
      [24, '满意', 'counted'],
    ],
  },
  'a clock that is set back takes no vote: the monotonic one says how long it was': {
    lines: [
      [0, '满意', 'counted', { mono: 1_000 }],
      [1, '满意', 'counted', { mono: 61_000 }],
    ],
  },
  'a press whose time nobody knows is measured by its own clock, and is in no burst': {
    lines: [
      [0, '满意', 'counted', { isTimed: false, mono: 1_000 }],
      [0, '满意', 'too-soon', { isTimed: false, mono: 2_000 }],
      [0, '满意', 'counted', { isTimed: false, mono: 9_000 }],
      [0, '满意', 'counted', { isTimed: false, mono: 99_000 }],
      [0, '满意', 'counted', { isTimed: false, mono: 199_000 }],
      [0, '满意', 'counted', { isTimed: false, mono: 299_000 }],
    ],
  },
  'what a technician or a system presses takes nothing from a citizen': {
    lines: [
      [0, '不满', 'test', { isTest: true }],
      [1, '满意', 'counted'],
      [1.5, '满意', 'imputed', { isImputed: true, isTest: true }],
      [6, '满意', 'counted'],
    ],
  },
  'messages and cards come when they come': {
    lines: [
      [0, '满意', 'counted', { device: null }],
      [0, '满意', 'counted', { device: null }],
      [1, '满意', 'counted'],
    ],
  },
  'a contact that was held': {
    lines: [
      [0, '不满', 'stuck', { heldMs: 5_001 }],
      [1, '满意', 'counted', { heldMs: 5_000 }],
    ],
  },
};

describe.each(Object.entries(TABLES))('%s', (_what, { lines, settings }) => {
  it('all at once', () => {
    expect(shown(lines, settings)).toEqual(expected(lines));
  });
  it('as they come', () => {
    const { votes } = judge(lines, settings);
    const window = new WindowVerdicts({ rules: constantRules(rulesOf(settings)) });
    const codes = new Map<JudgedVote, string | null>();
    for (const vote of votes)
      codes.set(
        vote,
        window.take(vote, (other, now) => codes.set(other, now)),
      );
    expect(votes.map((vote) => codes.get(vote))).toEqual(lines.map(([, , verdict]) => verdict));
  });
});

describe('a contact that sticks', () => {
  const every = (gapMs: number, presses: number, jitterMs = 0) =>
    Array.from({ length: presses }, (_none, index) =>
      pressOf(index + 1, MORNING + index * gapMs + (index % 2) * jitterMs, { rating: 2 }),
    );
  const codes = (votes: readonly JudgedVote[], settings: Partial<RuleSettings> = {}) =>
    verdictsOf(votes, constantRules(rulesOf(settings))).map(({ code }) => code);

  it('counts for nothing from the first press on, and citizens in between count', () => {
    const stuck = every(7_000, 12);
    const citizen = pressOf(99, MORNING + 21_500, { rating: 0 });
    expect(codes([...stuck, citizen])).toEqual([...stuck.map(() => 'stuck'), 'counted']);
  });

  it.each([
    ['nine presses', every(30_000, 9)],
    ['gaps that vary by more than a tenth', every(30_000, 12, 3_200)],
    ['a pause of more than a minute each time', every(60_001, 12)],
  ])('is not one: %s', (_what, votes) => {
    expect(codes(votes)).toEqual(votes.map(() => 'counted'));
  });

  it('is unknown where the presses that it takes to see it are forgotten, and never taken for a citizen', () => {
    const settings = { pressIntervalMs: 0, changeOfMindMs: 0, burstPresses: 0, burstSpanMs: 0 };
    const citizens = Array.from({ length: 60 }, (_none, index) =>
      pressOf(100 + index, MORNING + index * 1_700 + ((index * 7) % 5) * 150, { rating: 0 }),
    );
    const votes = [...every(7_000, 15), ...citizens].sort((a, b) => a.at - b.at);
    const rules = constantRules(rulesOf(settings));
    const taken = (mostPresses: number) => {
      const window = new WindowVerdicts({ rules, mostPresses });
      const codes = new Map<JudgedVote, string | null>();
      for (const vote of votes)
        codes.set(
          vote,
          window.take(vote, (other, now) => codes.set(other, now)),
        );
      return votes.filter(({ rating }) => rating === 2).map((vote) => codes.get(vote));
    };
    expect(taken(192)).toEqual(Array.from({ length: 15 }, () => 'stuck'));
    // The tenth is the first that shows it.
    expect(taken(20).slice(9)).toEqual(Array.from({ length: 6 }, () => null));
  });

  it('says which presses, and how regular they are', () => {
    const votes = every(30_000, 11, 300);
    expect(verdictsOf(votes, constantRules(rulesOf()))[10]).toEqual({
      ...{ rules: 'city@1', code: 'stuck', cause: 'regular', presses: 10, leastPercent: 10 },
      ...{ first: { sourceKey: 1, seq: 2 }, last: { sourceKey: 1, seq: 11 } },
      meanGapMs: expect.closeTo(29_966.67, 1),
      variationPercent: expect.closeTo(0.995, 2),
    });
  });
});

describe('what a verdict leans on', () => {
  it('is said with it: which votes, what was measured, what was allowed', () => {
    const { verdicts } = judge([
      [0, '不满', ''],
      [2, '满意', ''],
      [6, '满意', ''],
      [7.5, '满意', ''],
      [12, '满意', ''],
      [13, '满意', ''],
    ]);
    const seq = (of: number) => ({ sourceKey: 1, seq: of });
    const rules = 'city@1';
    expect(verdicts).toEqual([
      { rules, code: 'superseded', by: seq(2), gapMs: 2_000, mostMs: 3_000 },
      { rules, code: 'counted' },
      { rules, code: 'too-soon', by: seq(2), gapMs: 4_000, leastMs: 5_000 },
      {
        ...{ rules, code: 'burst', first: seq(1), last: seq(5), presses: 5, spanMs: 12_000 },
        ...{ most: 4, withinMs: 20_000 },
      },
      { rules, code: 'too-soon', by: seq(4), gapMs: 4_500, leastMs: 5_000 },
      {
        ...{ rules, code: 'burst', first: seq(2), last: seq(6), presses: 5, spanMs: 11_000 },
        ...{ most: 4, withinMs: 20_000 },
      },
    ]);
  });
});

describe('a review', () => {
  const { verdicts } = judge([
    [0, '不满', ''],
    [4, '满意', ''],
    [9, '满意', '', { isImputed: true }],
  ]);
  it('decides on its vote alone, and what the rules say stays beside it', () => {
    const [counted, soon] = verdicts;
    expect(withReview(counted!, { id: 'r1', decision: 'dismiss' })).toEqual({
      ...{ rules: 'city@1', code: 'dismissed', review: 'r1', instead: counted },
    });
    expect(withReview(soon!, { id: 'r2', decision: 'reinstate' })).toEqual({
      ...{ rules: 'city@1', code: 'counted', review: 'r2', instead: soon },
    });
    expect(withReview(soon!, null)).toBe(soon);
  });
  it('makes no vote of what a system gave', () => {
    expect(withReview(verdicts[2]!, { id: 'r3', decision: 'reinstate' }).code).toBe('imputed');
  });
});
