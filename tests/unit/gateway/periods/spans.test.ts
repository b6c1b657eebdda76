/** Periods as people write them, in zones that do to their clocks all that has been done to clocks since 2000. */
import { describe, expect, it } from 'vitest';
import { comparedSpan, readAsked } from '../../../../gateway/domain/periods/asked.ts';
import { nameOf, readPeriod } from '../../../../gateway/domain/periods/names.ts';
import { type Bounds, MOST_SPANS, spansOf } from '../../../../gateway/domain/periods/spans.ts';
import { zoneOf } from '../../../../gateway/domain/periods/zone.ts';

const shanghai = zoneOf('Asia/Shanghai');
const iso = ({ from, to }: Bounds) =>
  [from, to].map((at) => new Date(at).toISOString().replace(':00.000Z', 'Z'));
const asked = (zone: string, period: string) => readAsked(zoneOf(zone), { period });
const names = (zone: string, step: Parameters<typeof spansOf>[1], period: string) =>
  spansOf(zoneOf(zone), step, asked(zone, period)).map(({ name }) => name);
const hours = ({ from, to }: Bounds) => (to - from) / 3_600_000;

describe('a period by its name', () => {
  it.each([
    ['2026', ['2025-12-31T16:00Z', '2026-12-31T16:00Z']],
    ['2026-Q4', ['2026-09-30T16:00Z', '2026-12-31T16:00Z']],
    ['2026-11', ['2026-10-31T16:00Z', '2026-11-30T16:00Z']],
    ['2026-W48', ['2026-11-22T16:00Z', '2026-11-29T16:00Z']],
    // 53 weeks, of which the first begins in the year before: https://en.wikipedia.org/wiki/ISO_week_date
    ['2020-W53', ['2020-12-27T16:00Z', '2021-01-03T16:00Z']],
    ['2020-W01', ['2019-12-29T16:00Z', '2020-01-05T16:00Z']],
    ['2026-11-28', ['2026-11-27T16:00Z', '2026-11-28T16:00Z']],
    ['2026-11-28T09', ['2026-11-28T01:00Z', '2026-11-28T02:00Z']],
    ['2024-02-29', ['2024-02-28T16:00Z', '2024-02-29T16:00Z']],
  ])('%s is a span in its zone', (period, expected) => {
    expect(iso(asked('Asia/Shanghai', period))).toEqual(expected);
    expect(asked('Asia/Shanghai', period).name).toBe(period);
  });

  it.each([
    ['Asia/Kathmandu', '2026-11-28T09', ['2026-11-28T03:15Z', '2026-11-28T04:15Z']],
    ['America/St_Johns', '2026-11-28', ['2026-11-28T03:30Z', '2026-11-29T03:30Z']],
    ['Pacific/Chatham', '2026-07', ['2026-06-30T11:15Z', '2026-07-31T11:15Z']],
    // Midnight is skipped: the day begins at one.
    ['America/Sao_Paulo', '2018-11-04', ['2018-11-04T03:00Z', '2018-11-05T02:00Z']],
    ['Africa/Cairo', '2024-04-26', ['2024-04-25T22:00Z', '2024-04-26T21:00Z']],
    // … and here eleven of the evening comes twice.
    ['America/Sao_Paulo', '2018-02-17', ['2018-02-17T02:00Z', '2018-02-18T03:00Z']],
  ])('is found where clocks are otherwise: %s, %s', (zone, period, expected) =>
    expect(iso(asked(zone, period))).toEqual(expected),
  );

  it.each([
    ['2026-13', 'period-unknown'],
    ['2026-00', 'period-unknown'],
    ['2026-02-29', 'period-unknown'],
    ['2026-11-31', 'period-unknown'],
    ['2026-W54', 'period-unknown'],
    ['2025-W53', 'period-unknown'],
    ['2026-W00', 'period-unknown'],
    ['2026-Q5', 'period-unknown'],
    ['2026-11-28T24', 'period-unknown'],
    ['26', 'period-unknown'],
    ['', 'period-unknown'],
    ['last week', 'period-unknown'],
    ['2026-11-28T09:30', 'period-unknown'],
    ['1999', 'period-out-of-range'],
    ['3000-01', 'period-out-of-range'],
  ])('is refused where there is none: %s', (period, code) =>
    expect(() => asked('Asia/Shanghai', period)).toThrow(expect.objectContaining({ code })),
  );

  it('is refused in a zone that nobody knows, and says what to do', () =>
    expect(() => zoneOf('Asia/Heze')).toThrow(/there is no time zone "Asia\/Heze": name one of the IANA/));

  it('may go from the beginning of one to the end of another, and not backwards', () => {
    const to = (from: string, last: string) => readAsked(shanghai, { from, to: last });
    expect(iso(to('2026-11-01', '2026-11-28'))).toEqual(['2026-10-31T16:00Z', '2026-11-28T16:00Z']);
    expect(to('2026-11', '2026-W49').name).toBe('2026-11/2026-W49');
    expect(() => to('2026-11-28', '2026-11-27')).toThrow(
      expect.objectContaining({ code: 'period-reversed' }),
    );
    expect(to('2026-11-28', '2026').to).toBe(asked('Asia/Shanghai', '2026').to);
  });
});

describe('clocks that are changed', () => {
  it('make days of 23 and 25 hours, and an hour that comes twice two spans', () => {
    expect(hours(asked('America/New_York', '2026-03-08'))).toBe(23);
    expect(hours(asked('America/New_York', '2026-11-01'))).toBe(25);
    const spring = names('America/New_York', 'hour', '2026-03-08');
    expect(spring.slice(1, 4)).toEqual(['2026-03-08T01', '2026-03-08T03', '2026-03-08T04']);
    const autumn = names('America/New_York', 'hour', '2026-11-01');
    expect(autumn).toHaveLength(25);
    expect(autumn.slice(0, 4)).toEqual([
      '2026-11-01T00',
      '2026-11-01T01-04:00',
      '2026-11-01T01-05:00',
      '2026-11-01T02',
    ]);
  });

  it('make one of half an hour where they are set by so much', () => {
    const day = spansOf(zoneOf('Australia/Lord_Howe'), 'hour', asked('Australia/Lord_Howe', '2026-04-05'));
    expect(day.slice(1, 3).map(({ name, from, to }) => [name, hours({ from, to })])).toEqual([
      ['2026-04-05T01+11:00', 1],
      ['2026-04-05T01+10:30', 0.5],
    ]);
    expect(hours(asked('Australia/Lord_Howe', '2026-04-05'))).toBe(24.5);
  });

  it('leave out a day, and it is not asked for in vain', () => {
    expect(names('Pacific/Apia', 'day', '2011-W52')).toEqual([
      ...['2011-12-26', '2011-12-27', '2011-12-28', '2011-12-29', '2011-12-31', '2012-01-01'],
    ]);
    expect(() => asked('Pacific/Apia', '2011-12-30')).toThrow(
      /there never was a 2011-12-30 in Pacific\/Apia/,
    );
    expect(() => asked('America/New_York', '2026-03-08T02')).toThrow(
      expect.objectContaining({ code: 'period-never' }),
    );
  });

  it('make an hour without its offset be asked for again', () => {
    expect(() => asked('America/New_York', '2026-11-01T01')).toThrow(
      /came twice: write 2026-11-01T01-04:00 or 2026-11-01T01-05:00/,
    );
    expect(iso(asked('America/New_York', '2026-11-01T01-05:00'))).toEqual([
      ...['2026-11-01T06:00Z', '2026-11-01T07:00Z'],
    ]);
    // In an address, a plus that is not encoded is a space.
    expect(asked('Asia/Shanghai', '2026-11-28T09 08:00').name).toBe('2026-11-28T09+08:00');
    expect(() => asked('Asia/Shanghai', '2026-11-28T09+07:00')).toThrow(
      expect.objectContaining({ code: 'period-never' }),
    );
  });
});

describe('a period cut into spans', () => {
  it('begins and ends with parts of weeks where it is a month, and says so', () => {
    const weeks = spansOf(shanghai, 'week', asked('Asia/Shanghai', '2026-11'));
    expect(weeks.map(({ name, isCut }) => [name, isCut])).toEqual([
      ['2026-W44', true],
      ['2026-W45', false],
      ['2026-W46', false],
      ['2026-W47', false],
      ['2026-W48', false],
      ['2026-W49', true],
    ]);
    expect(weeks.reduce((sum, span) => sum + hours(span), 0)).toBe(30 * 24);
  });

  it('has at most so many, whatever is asked for, and says what to ask for', () => {
    const long = readAsked(shanghai, { from: '2000', to: '2399' });
    const before = performance.now();
    expect(() => spansOf(shanghai, 'hour', long)).toThrow(
      /by hour these are 350\d{4} spans, and an answer has at most 1500: ask for a shorter period/,
    );
    expect(performance.now() - before).toBeLessThan(50);
    expect(spansOf(shanghai, 'year', long)).toHaveLength(400);
    const days = (count: number) => ({ from: long.from, to: long.from + count * 86_400_000 });
    expect(spansOf(shanghai, 'day', days(MOST_SPANS))).toHaveLength(MOST_SPANS);
    expect(() => spansOf(shanghai, 'day', days(MOST_SPANS + 1))).toThrow(
      expect.objectContaining({ code: 'period-too-long' }),
    );
  });
});

describe('what a period is compared with', () => {
  const compared = (given: Parameters<typeof readAsked>[1], zone = 'Asia/Shanghai') => {
    const span = readAsked(zoneOf(zone), given);
    return (['previous', 'year'] as const).map((one) => comparedSpan(zoneOf(zone), span, one).name);
  };
  it.each([
    [{ period: '2026-11-28' }, ['2026-11-27', '2025-11-28']],
    [{ period: '2024-02-29' }, ['2024-02-28', '2023-02-28']],
    [{ period: '2026-W01' }, ['2025-W52', '2025-W01']],
    [{ period: '2020-W53' }, ['2020-W52', '2019-W52']],
    [{ period: '2026-01' }, ['2025-12', '2025-01']],
    [{ period: '2026-Q1' }, ['2025-Q4', '2025-Q1']],
    [{ period: '2026' }, ['2025', '2025']],
    [{ period: '2026-11-28T00' }, ['2026-11-27T23', '2025-11-28T00']],
    [{ from: '2026-11-01', to: '2026-11-28' }, ['2026-10-04/2026-10-31', '2025-11-01/2025-11-28']],
    [{ from: '2026-04', to: '2026-06' }, ['2026-01/2026-03', '2025-04/2025-06']],
    // A month and some days are days.
    [{ from: '2026-11', to: '2026-12-01' }, ['2026-10-01/2026-10-31', '2025-11/2025-12-01']],
  ])('%j: just before it, and a year before', (given, expected) => expect(compared(given)).toEqual(expected));

  it('ends where the period begins, also where clocks are changed in between', () => {
    const zone = zoneOf('America/New_York');
    const march = readAsked(zone, { from: '2026-03-08', to: '2026-03-14' });
    const before = comparedSpan(zone, march, 'previous');
    expect([before.to === march.from, hours(before), hours(march)]).toEqual([true, 168, 167]);
  });

  it('is not a part of itself', () => {
    const long = readAsked(shanghai, { from: '2025-01', to: '2026-06' });
    expect(() => comparedSpan(shanghai, long, 'year')).toThrow(
      expect.objectContaining({ code: 'comparison-overlaps' }),
    );
    expect(comparedSpan(shanghai, long, 'previous').name).toBe('2023-07/2024-12');
  });

  it('is not an hour that clocks were set ahead over', () => {
    const zone = zoneOf('America/New_York');
    const hour = readAsked(zone, { period: '2027-03-08T02' });
    expect(() => comparedSpan(zone, hour, 'year')).toThrow(expect.objectContaining({ code: 'period-never' }));
  });
});

it('reads every name as it is written', () => {
  for (const text of [
    '2026',
    '2026-Q4',
    '2026-11',
    '2026-W48',
    '2026-11-28',
    '2026-11-28T09',
    '2026-11-28T09-03:30',
  ])
    expect(nameOf(readPeriod(text))).toBe(text);
});
