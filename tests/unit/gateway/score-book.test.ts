import { describe, expect, it } from 'vitest';
import type { AlertBook } from '../../../gateway/alerts/alert-book.ts';
import { findRates } from '../../../gateway/alerts/standing-watch.ts';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { buildTree } from '../../../gateway/domain/org.ts';
import { ScoreBook } from '../../../gateway/domain/score-book.ts';

const NOW = Date.parse('2026-11-10T04:00:00Z');

describe('a book of scores', () => {
  it('counts the same when it hears that a vote counts elsewhere before it hears of the vote', () => {
    const book = new ScoreBook(createCalendar('Asia/Shanghai'));
    for (const rating of [0, 0, 2] as const) book.add(1, rating, NOW, -1);
    expect(book.counts(1, 'today', NOW)).toEqual({ satisfied: 0, basically: 0, unsatisfied: 0 });
    for (const rating of [0, 0, 0, 1, 2, 2] as const) book.add(1, rating, NOW);
    for (const period of ['60m', 'today', '7d'] as const)
      expect(book.counts(1, period, NOW)).toEqual({ satisfied: 1, basically: 1, unsatisfied: 1 });
    expect(book.cityMinute(NOW)).toEqual({ satisfied: 1, basically: 1, unsatisfied: 1 });
  });

  it('knows of a window that has moved which unit its votes were pressed under: by the minute, and in an alert of a rate', () => {
    const calendar = createCalendar('Asia/Shanghai');
    const [NORTH, SOUTH, CITY] = [2, 3, 1];
    // Window 1 stood in the north until 12:00; window 2 is in the south all the time.
    const eras = [
      { from: Number.NEGATIVE_INFINITY, above: [NORTH, CITY] },
      { from: NOW, above: [SOUTH, CITY] },
    ];
    const book = new ScoreBook(calendar, { since: 0, eras: new Map([[1, eras]]) });
    const before = NOW - 60_000;
    for (let vote = 0; vote < 40; vote++) book.add(1, 2, before);
    for (let vote = 0; vote < 40; vote++) book.add(2, 0, before);
    book.add(1, 0, NOW);
    const votes = (satisfied: number, unsatisfied: number) => ({ satisfied, basically: 0, unsatisfied });
    expect(book.minuteOf(NORTH, [], before)).toEqual(votes(0, 40));
    expect(book.minuteOf(SOUTH, [1, 2], before)).toEqual(votes(40, 0));
    expect(book.minuteOf(SOUTH, [1, 2], NOW)).toEqual(votes(1, 0));
    expect(book.minuteOf(CITY, [1, 2], before)).toEqual(votes(40, 40));

    const tree = buildTree(
      [
        { key: CITY, id: 'city', parentId: null, name: '市' },
        { key: NORTH, id: 'north', parentId: 'city', name: '北' },
        { key: SOUTH, id: 'south', parentId: 'city', name: '南' },
      ],
      [1, 2].map((key) => ({ key, id: `w${key}`, unitId: 'south', name: '' })),
      [],
    );
    const rate = { of: 'units', period: 'today', closesAbove: 0.9, isUrgent: false };
    const found = findRates(
      {
        ...{ tree: () => tree, calendar, votes: book },
        book: { ofUnit: () => ({ rate }), ofWindow: () => ({ rate: null }) } as unknown as AlertBook,
        goal: () => ({ target: 0.85, minimum: 30, confidence: 0.95 }),
        completenessOf: () => {
          throw new Error('nobody asks');
        },
      },
      NOW,
    );
    expect(found.map(({ node, detail }) => [node, detail?.unsatisfied])).toEqual([
      ['unit:city', 40],
      ['unit:north', 40],
    ]);
  });
});
