/** An answer of scores whose parts are kept is, byte for byte, what it would be if nothing were kept. Promise C. */

import { Type } from '@fastify/type-provider-typebox';
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { createCalendar, MINUTE_MS } from '../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../gateway/domain/completeness.ts';
import { buildTree, subtreeOf } from '../../gateway/domain/org.ts';
import { ScoreBook } from '../../gateway/domain/score-book.ts';
import type { RatingCode } from '../../gateway/domain/tally.ts';
import { createBoard } from '../../gateway/live/board.ts';
import { createScoreRows } from '../../gateway/live/score-rows.ts';
import { GROUP_FIGURES, PERIODS, type Period, ScoreGroup, ScoreRow } from '../../protocol/score.ts';
import { figures as defaultFigures } from '../support/figures.ts';

const BEGIN = 1_795_000_000_000;
const UNITS = 5;
const WINDOWS = 9;

const treeOf = (homes: readonly number[], names: string) =>
  buildTree(
    Array.from({ length: UNITS }, (_none, at) => ({
      key: at + 1,
      id: `u${at}`,
      parentId: at === 0 ? null : `u${Math.floor((at - 1) / 2)}`,
      name: `${names}${at}`,
    })),
    homes.map((home, at) => ({ key: at + 1, id: `w${at}`, unitId: `u${home}`, name: `窗口${at} "${names}` })),
    homes.map((_home, at) => ({ key: at + 1, id: `t${at}`, windowId: `w${at}` })),
  );

const homes = fc.array(fc.nat(UNITS - 1), { minLength: WINDOWS, maxLength: WINDOWS });
const window = fc.nat(WINDOWS - 1);
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('votes'), window, count: fc.integer({ min: 1, max: 40 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('corrected'), window }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('online'), window }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pending'), window }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('tree'), homes }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('target'), target: fc.constantFrom(0.5, 0.85) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('later'), minutes: fc.constantFrom(1, 30, 1_440) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('ask'),
        period: fc.constantFrom(...PERIODS),
        unit: fc.nat(UNITS - 1),
      }),
    },
  ),
  { maxLength: 60 },
);
const rowsSchema = Compile(Type.Array(ScoreRow));
const BESIDE = { figures: GROUP_FIGURES, best: 2 };
const groupsSchema = Compile(Type.Array(ScoreGroup));

it('whatever has changed, whoever asks, and whatever was asked before', () => {
  fc.assert(
    fc.property(homes, steps, (first, script) => {
      const calendar = createCalendar('Asia/Shanghai');
      let [tree, now, target, trees] = [treeOf(first, '单位'), BEGIN, 0.85, 0];
      const [book, excludedBook, tooSoon] = [0, 1, 2].map(() => new ScoreBook(calendar)) as [
        ScoreBook,
        ScoreBook,
        ScoreBook,
      ];
      const online = new Set<string>();
      const pending = new Map<string, number>();
      const figures = () => ({ ...defaultFigures(), minimum: 5, target });
      const make = () => {
        const board = createBoard({
          ...{ tree: () => tree, book, excludedBook, figures },
          discountedBooks: [new ScoreBook(calendar), tooSoon],
          presence: {
            isOnline: (id) => online.has(id),
            lastSeenAt: (id) => (pending.has(id) ? BEGIN : null),
          },
          isClockApart: () => false,
          completenessOf: ({ id }) => ({ ...UNKNOWN, pending: pending.get(id) ?? 0 }),
        });
        return { board, rows: createScoreRows({ board, tree: () => tree, figures }) };
      };
      const kept = make();
      const ask = (period: Period, unit: number) => {
        const whole = [{ tree }, { tree, unitId: `u${unit}` }, { tree: subtreeOf(tree, `u${unit}`) }];
        for (const asked of whole) {
          const text = kept.rows.json({ ...asked, period }, now, '', '').toString();
          expect(text).toBe(
            make()
              .rows.json({ ...asked, period }, now, '', '')
              .toString(),
          );
          expect(rowsSchema.Check(JSON.parse(text))).toBe(true);
          const groups = kept.rows.groups({ ...asked, period }, now, BESIDE);
          expect(groups).toEqual(make().rows.groups({ ...asked, period }, now, BESIDE));
          expect(groupsSchema.Check(groups)).toBe(true);
        }
      };
      for (const step of script as { do: string; [key: string]: unknown }[]) {
        const at = Number(step.window ?? 0);
        if (step.do === 'votes')
          for (let vote = 0; vote < Number(step.count); vote++)
            book.add(at + 1, ((at + vote * vote) % 3) as RatingCode, now);
        else if (step.do === 'corrected') {
          if (book.counts(at + 1, 'today', now).satisfied === 0) continue;
          book.add(at + 1, 0, now, -1);
          tooSoon.add(at + 1, 0, now);
        } else if (step.do === 'online' && !online.delete(`t${at}`)) online.add(`t${at}`);
        else if (step.do === 'pending') pending.set(`t${at}`, (pending.get(`t${at}`) ?? 0) + 1);
        else if (step.do === 'target') target = Number(step.target);
        else if (step.do === 'later') now += Number(step.minutes) * MINUTE_MS;
        else if (step.do === 'tree') {
          trees += 1;
          tree = treeOf(step.homes as number[], `单位${trees}`);
          kept.board.forget();
        } else if (step.do === 'ask') ask(step.period as Period, Number(step.unit));
        if (step.window !== undefined) kept.board.touch(`w${at}`);
      }
      for (const period of PERIODS) ask(period, 1);
    }),
    { numRuns: 60 },
  );
});
