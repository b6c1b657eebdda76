/** What detectors find, and what they leave alone: rush hours, school classes, a hall's opening minute. */
import { describe, expect, it } from 'vitest';
import { findCeiling } from '../../../gateway/domain/detectors/ceiling.ts';
import { poissonAtLeast, poissonQuantile } from '../../../gateway/domain/detectors/chance.ts';
import { findCompensation } from '../../../gateway/domain/detectors/compensation.ts';
import { findCrowd } from '../../../gateway/domain/detectors/crowd.ts';
import { findEndings } from '../../../gateway/domain/detectors/endings.ts';
import type { SeenVote } from '../../../gateway/domain/detectors/flag.ts';
import { findImported, type ImportedVote } from '../../../gateway/domain/detectors/imported.ts';
import { findLongRuns } from '../../../gateway/domain/detectors/long-run.ts';
import { findOtherMix } from '../../../gateway/domain/detectors/other-mix.ts';
import { findParticipation } from '../../../gateway/domain/detectors/participation.ts';
import type { RatingCode } from '../../../gateway/domain/tally.ts';

const START = Date.parse('2026-11-23T01:00:00Z');
const MINUTE = 60_000;
const seen = (...presses: [minutes: number, rating: RatingCode][]): SeenVote[] =>
  presses.map(([minutes, rating], index) => ({
    sourceKey: 1,
    seq: index + 1,
    at: START + minutes * MINUTE,
    rating,
  }));
const row = (ratings: readonly RatingCode[], everyMinutes = 10): SeenVote[] =>
  seen(...ratings.map((rating, index): [number, RatingCode] => [index * everyMinutes, rating]));
const times = (count: number, rating: RatingCode) => Array.from({ length: count }, () => rating);
const counts = (satisfied: number, basically: number, unsatisfied: number) => ({
  satisfied,
  basically,
  unsatisfied,
});
const seqs = (flags: readonly { votes: readonly { seq: number }[] }[]) =>
  flags.map(({ votes }) => votes.map(({ seq }) => seq));

describe('chances', () => {
  it.each([
    // 1 − e⁻¹, 1 − 2e⁻¹; the others summed with fifty decimals.
    [1, 1, 0.6321205588285577],
    [2, 1, 0.26424111765711533],
    [0, 3, 1],
    [31, 20, 0.01347468],
    [100, 20, 0],
  ])('of at least %d where %d are expected: %d', (count, expected, chance) => {
    expect(poissonAtLeast(count, expected)).toBeCloseTo(chance, 7);
  });
  it('of what is expected and more: the whole is one', () => {
    for (const expected of [0.3, 4, 25, 300]) {
      let sum = 0;
      for (let count = 0; count < expected + 200; count++)
        sum += poissonAtLeast(count, expected) - poissonAtLeast(count + 1, expected);
      expect(sum).toBeCloseTo(1, 9);
    }
  });
  it.each([
    [1, 5],
    [10, 21],
    [20, 35],
  ])('quantile of a thousand hours where %d are expected: %d', (expected, quantile) => {
    expect(poissonQuantile(1e-3, expected)).toBe(quantile);
    expect(poissonAtLeast(quantile + 1, expected)).toBeLessThanOrEqual(1e-3);
    expect(poissonAtLeast(quantile, expected)).toBeGreaterThan(1e-3);
  });
});

describe('compensation (R3)', () => {
  it('is a bad vote and two good ones at once, on a quiet morning', () => {
    const flags = findCompensation(
      seen([0, 0], [20, 2], [20.1, 0], [20.13, 0], [20.16, 0], [20.19, 0], [45, 0]),
    );
    expect(seqs(flags)).toEqual([[2, 3, 4, 5, 6]]);
    expect(flags[0]).toMatchObject({
      figures: { satisfied: 4, people: 1, again: 3 },
      limit: 3e-4,
      from: START + 20 * MINUTE,
    });
    expect(flags[0]!.figures.probability).toBeLessThan(0.001);
  });
  it.each([
    ['one good vote after it', seen([20, 2], [20.3, 0], [45, 0])],
    ['later than a minute', seen([20, 2], [21.1, 0], [21.2, 0])],
    [
      'a rush hour',
      seen(...Array.from({ length: 60 }, (_none, n): [number, RatingCode] => [n / 3, n === 30 ? 2 : 0])),
    ],
    [
      'a class of a school',
      seen(...Array.from({ length: 40 }, (_none, n): [number, RatingCode] => [n / 8, n === 20 ? 2 : 0])),
    ],
    ['a family of four', seen([20, 2], [20.1, 0], [20.2, 0], [20.3, 0], [45, 0])],
    ['a change of mind, and a companion', seen([20, 2], [20.03, 0], [20.15, 0], [45, 0])],
    ['a companion who presses again', seen([20, 2], [20.15, 0], [20.18, 0], [45, 0])],
    ['another bad vote in between', seen([20, 2], [20.2, 2], [20.4, 0], [45, 0])],
  ])('is not: %s', (_what, votes) => {
    expect(findCompensation(votes)).toEqual([]);
  });
});

describe('a long run (R6)', () => {
  const usual = counts(900, 60, 40);
  it.each<[string, RatingCode[], number[][]]>([
    ['four bad ones', [0, 2, 2, 2, 2, 0], [[2, 3, 4, 5]]],
    ['three bad ones', [0, 2, 2, 2, 0], []],
    ['a school class that is content', times(60, 0), []],
    ['a hundred that are', times(100, 0), [times(100, 0).map((_none, index) => index + 1)]],
    ['the middle one again and again', [0, 1, 1, 1, 1, 1, 0], [[2, 3, 4, 5, 6]]],
  ])('%s', (_what, ratings, about) => {
    expect(seqs(findLongRuns(row(ratings), usual))).toEqual(about);
  });
  it('is none for being the first of its kind', () => {
    expect(findLongRuns(row([2, 2, 2]), counts(5_000, 0, 0))).toHaveLength(1);
    expect(findLongRuns(row([2, 2]), counts(5_000, 0, 0))).toEqual([]);
  });
});

describe('a ceiling (R8)', () => {
  /** Ten siblings whose bad votes are these of a thousand. */
  const hall = (...bad: number[]) => bad.map((unsatisfied) => counts(1_000 - unsatisfied, 0, unsatisfied));
  const alike = hall(20, 21, 19, 20, 20, 22, 18, 20, 20, 20);
  const apart = hall(2, 60, 5, 40, 8, 30, 1, 25, 15, 14);
  it.each([
    ['as many as 342 without a bad one', counts(400, 0, 0), alike, true],
    ['fewer', counts(340, 0, 0), alike, false],
    ['one bad vote', counts(4_000, 0, 1), alike, false],
    ['siblings without a bad vote', counts(4_000, 0, 0), hall(0, 0, 0), false],
    ['one sibling, of whom nobody knows how windows differ', counts(4_000, 0, 0), hall(20), false],
    ['nothing', counts(0, 0, 0), alike, false],
    ['an excellent counter, where windows differ', counts(400, 0, 0), apart, false],
    ['too excellent even there', counts(200_000, 0, 0), apart, true],
  ])('%s', (_what, own, siblings, isFlagged) => {
    expect(findCeiling(own, siblings) !== null).toBe(isFlagged);
  });
});

describe('participation (R7)', () => {
  it.each([
    [101, 100, true],
    [196, 200, false],
    [197, 200, true],
    [198, 199, false],
    [5, null, false],
    [0, 0, false],
  ])('%d votes of %s services: %s', (votes, services, isFlagged) => {
    expect(findParticipation(votes, services) !== null).toBe(isFlagged);
  });
});

describe('endings (R9)', () => {
  /** ln C(n, k) */
  const choose = (n: number, k: number) => {
    let sum = 0;
    for (let at = 1; at <= k; at++) sum += Math.log((n - k + at) / at);
    return sum;
  };
  const fisher = ({ x1, n1, x2, n2 }: { x1: number; n1: number; x2: number; n2: number }) => {
    let sum = 0;
    for (let x = x1; x <= Math.min(n1, x1 + x2); x++)
      if (x1 + x2 - x <= n2)
        sum += Math.exp(choose(n1, x) + choose(n2, x1 + x2 - x) - choose(n1 + n2, x1 + x2));
    return sum;
  };
  /** Ten hours, a vote each ten minutes, every other one good; then `last` in the last ten minutes. */
  const day = (number: number, last: RatingCode[]) => {
    const from = number * 1_440;
    const rest = Array.from({ length: 58 }, (_none, n): [number, RatingCode] => [
      from + n * 10,
      (n % 2) as RatingCode,
    ]);
    const end = last.map((rating, n): [number, RatingCode] => [from + 591 + n * 0.5, rating]);
    return { endAt: START + (from + 600) * MINUTE, votes: seen(...rest, ...end) };
  };
  it('are flagged on the third such day, with the votes of all three', () => {
    const days = [day(0, times(15, 0)), day(1, times(15, 0)), day(2, [0, 1]), day(3, times(15, 0))];
    const flag = findEndings(days, fisher);
    expect(flag).toMatchObject({ detector: 'ending', figures: { days: 3, ofDays: 4 }, limit: 1e-3 });
    expect(flag!.votes).toHaveLength(45);
    expect(findEndings(days.slice(0, 3), fisher)).toBeNull();
  });
  it('are not, when as many come and are no better than by day', () => {
    const mixed = Array.from({ length: 18 }, (_none, n) => (n % 2) as RatingCode);
    expect(
      findEndings(
        [0, 1, 2, 3].map((number) => day(number, mixed)),
        fisher,
      ),
    ).toBeNull();
  });
});

describe('another mix (R13)', () => {
  const limits = (n: number, share: number) => {
    const width = 3.09 * Math.sqrt((share * (1 - share)) / n);
    return { lower: share - width, upper: share + width };
  };
  const [own, all] = [counts(900, 50, 50), counts(9_000, 500, 500)];
  const steady = Array.from({ length: 30 }, () => own);
  /** Now and then a very bad day. */
  const moody = steady.map((_day, at) => (at % 6 === 0 ? counts(650, 150, 200) : own));
  it.each([
    ['worse than ever and than all others', counts(60, 10, 30), steady, all, true],
    ['as ever', counts(88, 6, 6), steady, all, false],
    ['worse than ever, as all others', counts(60, 10, 30), steady, counts(6_000, 1_000, 3_000), false],
    [
      'as ever, where all others have become worse',
      counts(90, 5, 5),
      steady,
      counts(6_000, 1_000, 3_000),
      false,
    ],
    ['worse, where days are often so', counts(70, 15, 15), moody, all, false],
    ['too few', counts(0, 0, 19), steady, all, false],
    ['a window of which little is known', counts(60, 10, 30), [counts(15, 0, 0)], all, false],
  ])('%s', (_what, now, days, siblings, isFlagged) => {
    const flag = findOtherMix({ now, days, siblings, siblingsBefore: all }, limits);
    expect(flag !== null).toBe(isFlagged);
  });
});

describe('a crowd (R4)', () => {
  const many = (count: number) => row(times(count, 0), 0.5);
  it.each([
    ['three times the quantile, and one', many(64), [10, 10, 10, 10], true],
    ['three times the quantile', many(63), [10, 10, 10, 10], false],
    ['an opening minute of a hall that has it each day', many(64), [60, 70, 50, 66], false],
    ['a window of which nothing is known', many(64), [], false],
    ['few, where there are none', many(19), [0, 0, 0, 0], false],
  ])('%s', (_what, votes, usual, isFlagged) => {
    expect(findCrowd(votes, usual) !== null).toBe(isFlagged);
  });
});

describe('imported records (R10, R12)', () => {
  const record = (index: number, given: Partial<ImportedVote> = {}): ImportedVote => ({
    ...{ sourceKey: 9, seq: index + 1, at: START + index * 7 * MINUTE, rating: 0 as RatingCode },
    ...{ receivedAt: START + index * 7 * MINUTE + ((index * 7_919) % 60_000), service: `s${index}` },
    ...{ tags: [index % 2 === 0 ? '态度好' : '效率高'], isImputed: false },
    ...given,
  });
  const records = (count: number, given: (index: number) => Partial<ImportedVote> = () => ({})) =>
    Array.from({ length: count }, (_none, index) => record(index, given(index)));
  it.each<[string, ImportedVote[], string[]]>([
    ['citizens', records(40), []],
    ['the same tags each time', records(20, () => ({ tags: ['b', 'a'] })), ['tagged']],
    ['the same tags, of few', records(19, () => ({ tags: ['b', 'a'] })), []],
    ['no tags at all', records(40, () => ({ tags: [] })), []],
    [
      'received after always the same time',
      records(20, (index) => ({ receivedAt: START + index * 7 * MINUTE + 5_000 + index * 10 })),
      ['deviationMs'],
    ],
    [
      'received as they are given',
      records(40, (index) => ({ receivedAt: START + index * 7 * MINUTE + 150 + (index % 9) * 20 })),
      [],
    ],
    [
      'one service rated twice',
      [record(0), record(1, { service: 's0', at: START + 10_000 }), record(2)],
      ['ratingsOfOneService'],
    ],
    ['one service rated again later', [record(0), record(1, { service: 's0', at: START + 10_001 })], []],
    ['given by a system', records(3, (index) => ({ isImputed: index === 1 })), ['imputed']],
  ])('%s', (_what, votes, figures) => {
    const flags = findImported(votes);
    expect(flags).toHaveLength(figures.length);
    for (const [index, figure] of figures.entries()) expect(flags[index]!.figures).toHaveProperty(figure);
  });
});
