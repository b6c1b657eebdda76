/** Periods in words: local days, ISO weeks, days of 23 and 25 hours, and what is refused. */
import { describe, expect, it } from 'vitest';
import { createLocalTime } from '../../../gateway/recount/local-time.ts';
import { readPeriod } from '../../../gateway/recount/period.ts';

const spanOf = (text: string, timeZone = 'Asia/Shanghai') => {
  const { from, to } = readPeriod(text, createLocalTime(timeZone));
  return [new Date(from).toISOString(), new Date(to).toISOString(), (to - from) / 3_600_000];
};

describe('a period in words', () => {
  it.each([
    ['2026', '2025-12-31T16:00', '2026-12-31T16:00', 365 * 24],
    ['2026-Q4', '2026-09-30T16:00', '2026-12-31T16:00', 92 * 24],
    ['2026-02', '2026-01-31T16:00', '2026-02-28T16:00', 28 * 24],
    ['2026-W48', '2026-11-22T16:00', '2026-11-29T16:00', 7 * 24],
    ['2026-W01', '2025-12-28T16:00', '2026-01-04T16:00', 7 * 24],
    ['2026-W53', '2026-12-27T16:00', '2027-01-03T16:00', 7 * 24],
    ['2026-11-28', '2026-11-27T16:00', '2026-11-28T16:00', 24],
    ['2026-11-01..2026-11-15', '2026-10-31T16:00', '2026-11-15T16:00', 15 * 24],
    ['2025-12..2026-Q1', '2025-11-30T16:00', '2026-03-31T16:00', 121 * 24],
    ['2026-11-28T09:00+08:00..2026-11-28T09:15+08:00', '2026-11-28T01:00', '2026-11-28T01:15', 0.25],
  ])('%s begins at %s and ends before %s', (text, from, to, hours) => {
    expect(spanOf(text)).toEqual([`${from}:00.000Z`, `${to}:00.000Z`, hours]);
  });

  it.each([
    ['2026-03-29', 'Europe/Berlin', 23],
    ['2026-10-25', 'Europe/Berlin', 25],
    ['2026-04-05', 'Australia/Lord_Howe', 24.5],
    ['2018-11-04', 'America/Sao_Paulo', 23],
    ['2018-02-17', 'America/Sao_Paulo', 25],
    ['2011-12-29..2011-12-31', 'Pacific/Apia', 48],
  ])('%s in %s has %d hours', (text, timeZone, hours) => {
    expect(spanOf(text, timeZone)[2]).toBe(hours);
  });

  it.each([
    ['2026-11-31', 'period-invalid'],
    ['2026-13', 'period-invalid'],
    ['2026-Q5', 'period-invalid'],
    ['2025-W53', 'period-invalid'],
    ['2026-W00', 'period-invalid'],
    ['november', 'period-invalid'],
    ['', 'period-invalid'],
    ['2026-11..2026-12..2027-01', 'period-invalid'],
    ['2026-12..2026-11', 'period-reversed'],
    ['2026-11-28T09:00Z..2026-11-28T09:00Z', 'period-reversed'],
    ['2026-11-28T09:00Z..2026-11-28T09:20Z', 'period-unaligned'],
  ])('%s is refused: %s', (text, code) => {
    expect(() => spanOf(text)).toThrowError(expect.objectContaining({ code }));
  });
});
