import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
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
});
