/** The export for spreadsheets: every text comes back as it was, and none is taken for a number, a date or a formula. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textCell } from '../../gateway/domain/csv.ts';
import { createZonedTime } from '../../gateway/domain/zoned-time.ts';

/** RFC 4180, then the rule of ours. */
function readCell(cell: string): string {
  const text = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
  return text.startsWith("'") ? text.slice(1) : text;
}

describe('a cell of text', () => {
  it.each([
    '1-2',
    '1e5',
    '0012',
    '12',
    '3-4-2020',
    '10',
    '=cmd|calc!A1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tx',
    '＝1+1',
    '１２',
    'true',
    'mar-05',
    'dec1',
    'jan-1',
    '三月八日',
    '上午9:00',
    "'already",
    '00000000000000000000000000000123',
    '12345678e01234567890123456789012',
    '¥5',
    '50%',
    ' x',
  ])('%j keeps its form', (text) => {
    expect(textCell(text).replace(/^"/, '')).toMatch(/^'/);
    expect(readCell(textCell(text))).toBe(text);
  });

  it.each([
    'w1',
    'hall-12',
    '社保综合窗口',
    'city',
    'march-hall',
    'decision-1',
    't-2abc',
    '一号窗口',
    '上午窗口',
  ])('%j is left alone', (text) => expect(textCell(text)).toBe(text));

  it('comes back as it was, whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => readCell(textCell(text)) === text));
  });
});

describe('a time with its zone', () => {
  it.each(['Asia/Shanghai', 'UTC', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia', 'Europe/Berlin'])(
    'is the same moment in %s',
    (zone) => {
      const timeOf = createZonedTime(zone);
      // From 1972 on: see calendar.ts.
      fc.assert(
        fc.property(fc.integer({ min: 63_072_000_000, max: 4_102_444_800_000 }), (at) => {
          expect(Date.parse(timeOf(at))).toBe(at);
          expect(timeOf(at)).toMatch(/[+-]\d\d:\d\d$/);
        }),
      );
    },
  );

  it('is the time of the wall', () =>
    expect(createZonedTime('Asia/Shanghai')(Date.UTC(2026, 9, 16, 1, 30, 0, 123))).toBe(
      '2026-10-16T09:30:00.123+08:00',
    ));
});
