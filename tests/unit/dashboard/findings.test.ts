import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../dashboard/src/wall/findings.ts';
import { en, zh } from '../../../dashboard/src/wall/messages.ts';
import { COMPLETENESS_STATES, type Completeness, type Discounted } from '../../../protocol/score.ts';

const ZONE = 'Asia/Shanghai';
const DAY = '2026-11-22';
const AT_1402 = Date.UTC(2026, 10, 22, 6, 2);

type More = { clockApart?: number; excluded?: number; reasons?: Discounted['reasons'] };
const row = (completeness: Partial<Completeness>, more: More = {}) => ({
  completeness: {
    ...({ state: 'complete', pending: 0, held: 0, setAside: 0, lost: 0, since: null } as const),
    ...completeness,
  },
  excluded: more.excluded === undefined ? null : { satisfied: more.excluded, basically: 0, unsatisfied: 0 },
  discounted:
    more.reasons === undefined
      ? null
      : {
          counts: {
            satisfied: Object.values(more.reasons).reduce((a, b) => a + b),
            basically: 0,
            unsatisfied: 0,
          },
          reasons: more.reasons,
        },
  terminals: { online: 1, offline: 0, offlineSince: null, clockApart: more.clockApart ?? 0 },
});
const wordsOf = (...of: Parameters<typeof row>) =>
  [zh, en].map((text) => findingsOf(row(...of), text, ZONE, DAY).map(({ words }) => words));

describe('what a row says beside its figures', () => {
  it.each([
    [{}, {}, ['数据完整'], ['Complete']],
    [{ state: 'unknown' }, {}, ['待终端核对'], ['Not yet verified']],
    [{ state: 'unknown', since: AT_1402 }, {}, ['14:02 起未知'], ['Unknown since 14:02']],
    [
      { state: 'unknown', since: AT_1402 - 86_400_000 },
      {},
      ['11-21 14:02 起未知'],
      ['Unknown since 11-21 14:02'],
    ],
    [{ state: 'held', held: 3 }, {}, ['3 票待审核'], ['3 held for review']],
    [{ state: 'set-aside', setAside: 12 }, {}, ['12 票在封存日志中'], ['12 in a put-away journal']],
    [{ state: 'lost', lost: 1_200 }, {}, ['1,200 票遗失'], ['1,200 lost']],
    [{}, { excluded: 7 }, ['已剔除 7 票', '数据完整'], ['7 excluded', 'Complete']],
    [
      {},
      { reasons: { superseded: 4, 'too-soon': 8 } },
      ['不计入 12 票：间隔过短 8、已更改 4', '数据完整'],
      ['12 not counted: too soon 8, changed 4', 'Complete'],
    ],
    [{}, { clockApart: 2 }, ['2 台终端时钟不符', '数据完整'], ['2 clocks disagree', 'Complete']],
    [{}, { clockApart: 1 }, ['1 台终端时钟不符', '数据完整'], ['1 clock disagrees', 'Complete']],
    [
      { state: 'mismatch', pending: 4, held: 3, setAside: 2, lost: 1, since: AT_1402 },
      {},
      ['票数不符', '1 票遗失', '3 票待审核', '2 票在封存日志中', '4 票在途', '14:02 起未知'],
      [
        'Counts disagree',
        '1 lost',
        '3 held for review',
        '2 in a put-away journal',
        '4 on their way',
        'Unknown since 14:02',
      ],
    ],
  ] as const)('%j %j', (completeness, more, chinese, english) => {
    expect(wordsOf(completeness, more)).toEqual([chinese, english]);
  });

  it('leaves the reasons of what is not counted to the title where other notes stand beside it', () => {
    const shorts = [zh, en].map((text) =>
      findingsOf(row({}, { reasons: { 'too-soon': 8 } }), text, ZONE, DAY).map(({ short }) => short),
    );
    expect(shorts).toEqual([
      ['不计入 8 票', '数据完整'],
      ['8 not counted', 'Complete'],
    ]);
  });

  const count = fc.oneof(fc.constant(0), fc.nat(1_000_000));
  const anything = fc.record({
    state: fc.constantFrom(...COMPLETENESS_STATES),
    ...{ pending: count, held: count, setAside: count, lost: count },
    since: fc.option(fc.constant(AT_1402)),
  });

  it('is never "complete" beside anything that is not, and never nothing', () => {
    fc.assert(
      fc.property(anything, count, count, (completeness, clockApart, excluded) => {
        const kinds = findingsOf(row(completeness, { clockApart, excluded }), en, ZONE, DAY).map(
          ({ kind }) => kind,
        );
        const { state, pending, held, setAside, lost, since } = completeness;
        const isAll = state === 'complete' && pending + held + setAside + lost === 0 && since === null;
        expect(kinds.includes('complete')).toBe(isAll);
        expect(new Set(kinds).size).toBe(kinds.length);
        if (state !== 'complete' && pending + held + setAside + lost > 0)
          expect(kinds.length).toBeGreaterThan(0);
      }),
    );
  });
});
