/** When a window is open: its week, holidays and make-up days, exceptions, and days on which clocks are changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { createHolidays, NO_HOLIDAYS } from '../../../gateway/domain/opening-hours/holidays.ts';
import { hoursFaults } from '../../../gateway/domain/opening-hours/hours-faults.ts';
import { type HoursSettings, readDate } from '../../../gateway/domain/opening-hours/hours-settings.ts';
import { createOpeningHours } from '../../../gateway/domain/opening-hours/opening-hours.ts';
import { createZonedTime } from '../../../gateway/domain/zoned-time.ts';

const OFFICE = [
  { from: '08:30', to: '12:00' },
  { from: '14:00', to: '17:30' },
];
const WEEK: HoursSettings = {
  weekly: [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [{ from: '09:00', to: '11:00' }], []],
  ...{ jurisdiction: null, makeUp: null, exceptions: [], graceBeforeMinutes: 0, graceAfterMinutes: 0 },
};
/** Of the State Council's notice for 2026. */
const NOTICE = createHolidays({
  revision: '2026-1',
  years: [2026],
  days: [
    { date: '2026-10-01', name: '国庆节', isOff: true },
    { date: '2026-10-02', name: '国庆节', isOff: true },
    { date: '2026-09-20', name: '国庆节', isOff: false },
  ],
});

function hoursIn(timeZone: string, settings: Partial<HoursSettings> = {}, holidays = NO_HOLIDAYS) {
  const calendar = createCalendar(timeZone);
  const zoned = createZonedTime(timeZone);
  const hours = createOpeningHours({ ...WEEK, ...settings }, holidays, calendar, zoned);
  const clock = (atMs: number) => zoned(atMs).slice(5, 16).replace('T', ' ');
  return {
    ...hours,
    calendar,
    on: (date: string) => hours.openDay(readDate(date)!),
    shown: (date: string) =>
      hours.openSpansOf(readDate(date)!).map(({ from, to }) => `${clock(from)} – ${clock(to)}`),
  };
}

describe('the week', () => {
  const hours = hoursIn('Asia/Shanghai');
  it.each([
    ['2026-11-23', ['11-23 08:30 – 11-23 12:00', '11-23 14:00 – 11-23 17:30']],
    ['2026-11-28', ['11-28 09:00 – 11-28 11:00']],
    ['2026-11-29', []],
  ])('on %s: %j', (date, spans) => {
    expect(hours.shown(date)).toEqual(spans);
  });

  it.each([
    ['2026-11-23T00:29:59.999Z', false],
    ['2026-11-23T00:30:00Z', true],
    ['2026-11-23T03:59:59.999Z', true],
    ['2026-11-23T04:00:00Z', false],
  ])('at %s: %s', (at, isOpen) => {
    expect(hours.isOpen(Date.parse(at))).toBe(isOpen);
  });
});

describe('holidays, make-up days, exceptions', () => {
  const exceptions = [
    { date: '2026-10-02', spans: [{ from: '10:00', to: '11:00' }], name: '值班' },
    { date: '2026-11-23', spans: [], name: '停电' },
  ];
  const hours = hoursIn('Asia/Shanghai', { exceptions }, NOTICE);
  it.each([
    ['2026-10-01', [], 'holiday', '国庆节'],
    ['2026-10-02', ['10-02 10:00 – 10-02 11:00'], 'exception', '值班'],
    ['2026-09-20', ['09-20 08:30 – 09-20 12:00', '09-20 14:00 – 09-20 17:30'], 'makeUp', '国庆节'],
    ['2026-11-23', [], 'exception', '停电'],
    ['2026-11-24', ['11-24 08:30 – 11-24 12:00', '11-24 14:00 – 11-24 17:30'], 'week', null],
  ])('%s: %j, %s', (date, spans, kind, name) => {
    expect(hours.shown(date)).toEqual(spans);
    expect(hours.on(date)).toMatchObject({ kind, name });
  });

  it('of a year without a notice, and of the December before it, are provisional', () => {
    const provisional = ['2026-11-30', '2026-12-01', '2026-12-31', '2027-01-04'].map(
      (date) => hours.on(date).isProvisional,
    );
    expect(provisional).toEqual([false, true, true, true]);
  });

  it('has hours of its own on a make-up day where it is given some', () => {
    const makeUp = [{ from: '09:00', to: '12:00' }];
    expect(hoursIn('Asia/Shanghai', { makeUp }, NOTICE).shown('2026-09-20')).toEqual([
      '09-20 09:00 – 09-20 12:00',
    ]);
  });
});

describe('days on which clocks are changed', () => {
  const night = (from: string, to: string): Partial<HoursSettings> => ({
    weekly: Array.from({ length: 7 }, () => [{ from, to }]),
  });
  it.each([
    // 02:00 → 03:00: what is skipped begins and ends when it is.
    ['Europe/Berlin', '2026-03-29', '00:00', '24:00', 23],
    ['Europe/Berlin', '2026-03-29', '02:15', '04:00', 1],
    ['Europe/Berlin', '2026-03-29', '01:00', '02:30', 1],
    ['Europe/Berlin', '2026-03-29', '02:15', '02:45', 0],
    // 03:00 → 02:00: begins the first time, ends the last.
    ['Europe/Berlin', '2026-10-25', '00:00', '24:00', 25],
    ['Europe/Berlin', '2026-10-25', '02:30', '04:00', 2.5],
    ['Europe/Berlin', '2026-10-25', '01:00', '02:30', 2.5],
    ['Australia/Lord_Howe', '2026-04-05', '00:00', '24:00', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', '01:00', '03:00', 1.5],
    ['America/St_Johns', '2026-11-01', '00:30', '01:10', 1 + 2 / 3],
    // A day that never was: on its island it was the 29th, and then the 31st.
    ['Pacific/Apia', '2011-12-30', '00:00', '24:00', 0],
    ['Pacific/Apia', '2011-12-31', '08:00', '10:00', 2],
    ['Asia/Kathmandu', '2026-06-01', '08:30', '12:07', 3 + 37 / 60],
  ])('%s %s, %s to %s: %d hours', (timeZone, date, from, to, hours) => {
    const spans = hoursIn(timeZone, night(from, to)).openSpansOf(readDate(date)!);
    const open = spans.reduce((sum, span) => sum + span.to - span.from, 0);
    expect(open / 3_600_000).toBeCloseTo(hours, 9);
  });

  it('are open in the hour that comes twice once, where two spans meet in it', () => {
    const weekly = Array.from({ length: 7 }, () => [
      { from: '01:00', to: '02:30' },
      { from: '02:30', to: '04:00' },
    ]);
    expect(hoursIn('Europe/Berlin', { weekly }).shown('2026-10-25')).toEqual(['10-25 01:00 – 10-25 04:00']);
  });

  it('isOpen says of every moment what openSpansOf says', () => {
    const zones = [
      'Asia/Shanghai',
      'Asia/Kathmandu',
      'Europe/Berlin',
      'America/St_Johns',
      'Australia/Lord_Howe',
    ];
    const clock = (minutes: number) =>
      `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
    const anySpan = fc
      .tuple(fc.integer({ min: 0, max: 1_439 }), fc.integer({ min: 1, max: 1_440 }))
      .map(([from, length]) => ({ from: clock(from), to: clock(Math.min(1_440, from + length)) }));
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.array(fc.array(anySpan, { maxLength: 1 }), { minLength: 7, maxLength: 7 }),
        fc.constantFrom('2026-03-08', '2026-03-29', '2026-10-25', '2026-11-01', '2026-04-05'),
        fc.array(fc.integer({ min: -40 * 60, max: 40 * 60 }), { minLength: 20, maxLength: 20 }),
        fc.record({ graceBeforeMinutes: fc.nat(240), graceAfterMinutes: fc.nat(240) }),
        (timeZone, weekly, date, minutes, grace) => {
          const hours = hoursIn(timeZone, { weekly, ...grace });
          const noon = hours.calendar.startOf(readDate(date)!) + 12 * 3_600_000;
          const spans = [-3, -2, -1, 0, 1, 2, 3].flatMap((days) => hours.openSpansOf(readDate(date)! + days));
          for (const minute of minutes) {
            const at = noon + minute * 60_000;
            const expected = spans.some(
              ({ from, to }) =>
                at >= from - grace.graceBeforeMinutes * 60_000 && at < to + grace.graceAfterMinutes * 60_000,
            );
            expect(hours.isOpen(at)).toBe(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('hours that cannot be', () => {
  const day = (...spans: [from: string, to: string][]) => spans.map(([from, to]) => ({ from, to }));
  const monday = (...spans: [from: string, to: string][]): Partial<HoursSettings> => ({
    weekly: [day(...spans), ...WEEK.weekly.slice(1)],
  });
  const exception = (date: string, ...spans: [string, string][]) => ({
    date,
    spans: day(...spans),
    name: 'x',
  });
  it.each<[string, Partial<HoursSettings>, string[]]>([
    ['nothing wrong', {}, []],
    ['two that touch', monday(['08:00', '12:00'], ['12:00', '24:00']), []],
    ['two that overlap', monday(['13:00', '17:00'], ['08:00', '13:01']), ['hours-overlap']],
    ['one across midnight', monday(['22:00', '06:00']), ['hours-across-midnight']],
    ['one of no length', monday(['08:00', '08:00']), ['hours-empty']],
    ['no times', monday(['8:00', '25:00'], ['08:60', '24:01']), ['hours-time-invalid', 'hours-time-invalid']],
    ['a week of five days', { weekly: WEEK.weekly.slice(0, 5) }, ['hours-week-invalid']],
    ['never', { weekly: WEEK.weekly.map(() => []) }, ['hours-never-open']],
    ['no date', { exceptions: [exception('2026-02-29')] }, ['hours-date-invalid']],
    [
      'a date twice',
      { exceptions: [exception('2026-03-01'), exception('2026-03-01')] },
      ['hours-date-twice'],
    ],
    ['grace without end', { graceAfterMinutes: 241 }, ['hours-grace-invalid']],
    [
      'too many',
      monday(
        ...Array.from({ length: 13 }, (_none, hour): [string, string] => [
          `${hour + 10}:00`,
          `${hour + 10}:30`,
        ]),
      ),
      ['hours-too-many'],
    ],
  ])('%s', (_what, settings, codes) => {
    const faults = hoursFaults({ ...WEEK, ...settings });
    expect(faults.map(({ code }) => code)).toEqual(codes);
  });

  it('says where it is and what to do', () => {
    expect(hoursFaults({ ...WEEK, ...monday(['22:00', '06:00']) })).toEqual([
      {
        code: 'hours-across-midnight',
        field: 'hours.weekly[0]',
        message:
          '22:00–06:00 on Monday ends before it begins: where it goes on past midnight, end it at 24:00 and give the next day 00:00–06:00',
      },
    ]);
  });
});
