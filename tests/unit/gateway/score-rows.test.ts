/** Rows of an answer where a gateway hears of other verdicts before it hears of the votes. */
import { expect, it } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../../gateway/domain/completeness.ts';
import { buildTree } from '../../../gateway/domain/org.ts';
import { ScoreBook } from '../../../gateway/domain/score-book.ts';
import { createBoard } from '../../../gateway/live/board.ts';
import { createScoreRows } from '../../../gateway/live/score-rows.ts';
import type { ScoreRow } from '../../../protocol/score.ts';
import { figures } from '../../support/figures.ts';

const NOW = Date.parse('2026-11-10T04:00:00Z');

it('are without votes and without a place where more is taken away than is known, and right once it is', () => {
  const calendar = createCalendar('Asia/Shanghai');
  const tree = buildTree(
    [{ key: 1, id: 'city', parentId: null, name: '市' }],
    [1, 2].map((key) => ({ key, id: `w${key}`, unitId: 'city', name: `${key}` })),
    [],
  );
  const book = new ScoreBook(calendar);
  const board = createBoard({
    ...{ tree: () => tree, book, excludedBook: new ScoreBook(calendar), discountedBooks: [], figures },
    presence: { isOnline: () => false, lastSeenAt: () => null },
    isClockApart: () => false,
    completenessOf: () => UNKNOWN,
  });
  const rows = createScoreRows({ board, tree: () => tree, figures });
  const placed = () =>
    (['60m', 'today', '7d', 'month'] as const).map((period) => {
      const told = rows.json({ tree, period }, NOW, '', '').toString();
      return (JSON.parse(told) as ScoreRow[]).map(({ votes, rate, placeOfAll }) => [
        votes,
        rate,
        placeOfAll?.rank ?? null,
      ]);
    });
  for (let vote = 0; vote < 40; vote++) {
    book.add(1, 0, NOW);
    book.add(2, 2, NOW, -1);
  }
  const [city, first] = [
    [40, 1, null],
    [40, 1, 1],
  ];
  for (const period of placed()) expect(period).toEqual([city, first, [0, null, null]]);
  for (let vote = 0; vote < 80; vote++) book.add(2, vote % 2 === 0 ? 2 : 0, NOW);
  board.forget();
  for (const period of placed()) expect(period).toEqual([[80, 1, null], first, [40, 1, 1]]);
});
