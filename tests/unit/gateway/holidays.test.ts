/** The holidays that are known, held against what was published; those that rules add; and a year that is not there yet. */
import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { withLocalDays } from '../../../gateway/domain/opening-hours/holidays.ts';
import { readDate } from '../../../gateway/domain/opening-hours/hours-settings.ts';
import {
  holidaysOf,
  JURISDICTIONS,
  missingYear,
} from '../../../gateway/domain/opening-hours/jurisdictions.ts';
import { CN_NOTICES, CN_REVISION } from '../../../gateway/domain/opening-hours/notices-cn.ts';
import { ruleFaults, settingFaults } from '../../../gateway/domain/verdicts/rule-faults.ts';
import { DEFAULT_RULES, type RuleSettings } from '../../../gateway/domain/verdicts/rule-settings.ts';
import { createRules } from '../../../gateway/domain/verdicts/window-rules.ts';
import { createHolidayWatch } from '../../../gateway/watch/holiday-watch.ts';
import { placeIn } from '../../support/presses.ts';

const CN = holidaysOf('cn');
const DAY_MS = 86_400_000;
const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
const isWorked = (day: number) => {
  const said = CN.on(day);
  const weekday = new Date(day * DAY_MS).getUTCDay();
  return said === null ? weekday !== 0 && weekday !== 6 : !said.isOff;
};
/** The day of receipt is not counted. */
function workingDaysAfter(date: string, days: number): string {
  let day = readDate(date)!;
  for (let left = days; left > 0; ) if (isWorked(++day)) left -= 1;
  return dateOf(day);
}

describe('the notices of mainland China', () => {
  it.each([
    [2020, 249],
    [2022, 249],
    [2024, 251],
    [2026, 248],
  ])('make so many working days of %i: %i', (year, expected) => {
    let worked = 0;
    for (let day = readDate(`${year}-01-01`)!; dateOf(day).startsWith(`${year}`); day++)
      if (isWorked(day)) worked += 1;
    expect(worked).toBe(expected);
  });

  it.each([
    ['2026-09-18', { 1: '2026-09-20', 5: '2026-09-24', 7: '2026-09-29', 15: '2026-10-15' }],
    ['2026-09-30', { 1: '2026-10-08', 5: '2026-10-13', 7: '2026-10-15', 15: '2026-10-27' }],
    ['2025-01-24', { 1: '2025-01-26', 5: '2025-02-07', 7: '2025-02-10', 15: '2025-02-20' }],
  ])('give what is received on %s its published deadlines', (received, deadlines) => {
    for (const [days, deadline] of Object.entries(deadlines))
      expect(workingDaysAfter(received, Number(days)), `${days} working days`).toBe(deadline);
  });

  it.each([
    ['2022-12-31', '元旦', true],
    ['2020-02-01', '春节', true],
    ['2020-02-02', '春节', true],
    ['2020-02-03', null, null],
    ['2021-02-20', '春节', false],
    ['2023-10-08', '中秋节、国庆节', false],
    ['2025-10-08', '国庆节、中秋节', true],
    ['2026-02-14', '春节', false],
    ['2026-02-15', '春节', true],
    ['2026-02-23', '春节', true],
    ['2026-02-24', null, null],
    ['2026-09-25', '中秋节', true],
    ['2026-10-10', '国庆节', false],
  ])('say of %s: %s', (date, name, isOff) => {
    const said = CN.on(readDate(date)!);
    expect([said?.name ?? null, said?.isOff ?? null]).toEqual([name, isOff]);
  });

  it('have a number each, no day twice, make-up days at weekends, and a revision of their own', () => {
    for (const { year, notices, holidays } of CN_NOTICES) {
      for (const number of notices) expect(number).toMatch(/^国办发明电〔20\d\d〕\d+号$/);
      expect(notices[0]).toContain(`〔${year - 1}〕`);
      for (const [name, , , ...worked] of holidays)
        for (const date of worked)
          expect([0, 6], `${name} ${date}`).toContain(new Date(readDate(date)! * DAY_MS).getUTCDay());
    }
    const dates = JURISDICTIONS.cn!.days.map(({ date }) => date);
    expect(new Set(dates).size).toBe(dates.length);
    // Whoever changes a day changes the revision, and then this.
    const content = createHash('sha256').update(JSON.stringify(CN_NOTICES)).digest('hex').slice(0, 16);
    expect([CN_REVISION, content]).toEqual(['2026-1', '15e2b82c90d9d979']);
  });
});

describe('a year whose notice is not there', () => {
  it('is told from December of the year before on, and its days are provisional', () => {
    expect(missingYear('cn', '2026-11-30')).toBeNull();
    expect(missingYear('cn', '2026-12-01')).toBe(2027);
    expect(missingYear('cn', '2027-05-01')).toBe(2027);
    expect(CN.isProvisional(readDate('2026-11-30')!)).toBe(false);
    expect(CN.isProvisional(readDate('2026-12-01')!)).toBe(true);
    expect(CN.on(readDate('2027-01-01')!)).toBeNull();
  });

  it('is said once a day where rules use it, and is a warning of the gateway until it is there', () => {
    const warn = vi.fn();
    let now = Date.parse('2026-11-30T15:00:00Z');
    const hours = {
      ...{ weekly: [], makeUp: null, exceptions: [], graceBeforeMinutes: 0, graceAfterMinutes: 0 },
    };
    const version = (jurisdiction: string | null, validTo: string | null) => ({
      ...{ nodeId: 'all', version: 1, validFrom: '2026-01-01', validTo },
      settings: { hours: { ...hours, jurisdiction } },
    });
    let versions = [version('cn', null)];
    const watch = createHolidayWatch({
      log: { warn } as never,
      now: () => now,
      calendar: createCalendar('Asia/Shanghai'),
      versions: () => versions,
    });
    expect([watch.warnings(), warn.mock.calls.length]).toEqual([[], 0]);
    now += 2 * 3_600_000;
    watch.look();
    watch.look();
    expect(watch.warnings()).toEqual(['holidays-missing']);
    expect(warn.mock.calls.map(([line]) => line)).toEqual([
      { code: 'holidays-missing', jurisdiction: 'cn', year: 2027 },
    ]);
    now += DAY_MS;
    watch.look();
    expect(warn).toHaveBeenCalledTimes(2);
    versions = [version('cn', '2026-11-30'), version(null, null)];
    watch.look();
    expect([watch.warnings(), warn.mock.calls.length]).toEqual([[], 2]);
  });
});

describe('days that rules add', () => {
  const day = (date: string) => ({ date, name: '本市' });
  const week = Array(7).fill([{ from: '08:30', to: '12:00' }]);
  const hours = {
    ...{ weekly: week, jurisdiction: 'cn', makeUp: null, graceBeforeMinutes: 0, graceAfterMinutes: 0 },
    exceptions: [{ date: '2026-12-03', spans: [{ from: '09:00', to: '10:00' }], name: '加班' }],
  };
  const openOn = (settings: Partial<RuleSettings>, date: string) => {
    const place = { ...placeIn('Asia/Shanghai'), holidaysOf };
    const { openingHours } = createRules('all@1', { ...DEFAULT_RULES, hours, ...settings }, place);
    return openingHours!.openDay(readDate(date)!);
  };

  it('go before the notices, and after the exceptions of one place', () => {
    expect(openOn({}, '2026-10-01')).toMatchObject({ kind: 'holiday', spans: [] });
    expect(openOn({ workdays: [day('2026-10-01')] }, '2026-10-01')).toMatchObject({
      ...{ kind: 'makeUp', name: '本市' },
      spans: [expect.anything()],
    });
    expect(openOn({ holidays: [day('2026-12-02')] }, '2026-12-02')).toMatchObject({
      ...{ kind: 'holiday', spans: [], isProvisional: false },
    });
    expect(openOn({ holidays: [day('2026-12-03')] }, '2026-12-03')).toMatchObject({ kind: 'exception' });
    expect(withLocalDays(CN, [], [])).toBe(CN);
  });

  it('are refused where there is no such date, one is there twice, or is off and worked', () => {
    const faults = (settings: Partial<RuleSettings>) =>
      settingFaults(settings).map(({ code, field }) => `${field} ${code}`);
    expect(faults({ holidays: [day('2026-02-30'), day('2026-12-01'), day('2026-12-01')] })).toEqual([
      'holidays[0] hours-date-invalid',
      'holidays[2] hours-date-twice',
    ]);
    expect(faults({ workdays: Array.from({ length: 1_001 }, (_none, at) => day(dateOf(at))) })).toEqual([
      'workdays hours-too-many',
    ]);
    expect(faults({ hours: { ...hours, jurisdiction: 'atlantis' } })).toEqual([
      'hours.jurisdiction hours-jurisdiction-unknown',
    ]);
    const both = { ...DEFAULT_RULES, holidays: [day('2026-12-01')], workdays: [day('2026-12-01')] };
    expect(ruleFaults(both).map(({ code }) => code)).toEqual(['hours-date-twice']);
  });
});
