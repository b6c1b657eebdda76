import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAge } from '../../../dashboard/src/wall/ages.ts';
import { en, zh } from '../../../dashboard/src/wall/messages.ts';
import { splitName } from '../../../dashboard/src/wall/names.ts';
import {
  formatCount,
  formatIndex,
  formatInterval,
  formatShare,
  formatTarget,
} from '../../../dashboard/src/wall/numbers.ts';
import { formatDay, formatMinute, formatSecond, formatSince } from '../../../dashboard/src/wall/times.ts';

describe('formatShare', () => {
  it.each([
    [5, 5, '100%', '100%'],
    [0, 5, '0%', '0%'],
    [19_880, 19_881, '99.9%', '99.99%'],
    [999_999_999, 1_000_000_000, '99.9%', '99.99%'],
    [926, 1_000, '92.6%', '92.60%'],
    [29, 100, '29.0%', '29.00%'],
    [84_999, 100_000, '84.9%', '84.99%'],
    [4, 10_000, '<0.1%', '0.04%'],
    [1, 100_000, '<0.1%', '<0.01%'],
  ])('%d of %d is shown as %s, and as %s where there is room', (part, all, short, long) => {
    expect([formatShare(part, all), formatShare(part, all, 2)]).toEqual([short, long]);
  });

  it('says all only for all, none only for none, and never rounds up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.nat(1_000_000), (votes, some) => {
        const part = some % (votes + 1);
        const shown = formatShare(part, votes);
        expect(shown === '100%').toBe(part === votes);
        expect(shown === '0%').toBe(part === 0);
        const tenths = shown.startsWith('<') ? 0n : BigInt(Math.round(Number.parseFloat(shown) * 10));
        const exact = (BigInt(part) * 1000n) / BigInt(votes);
        expect(tenths).toBe(exact);
      }),
    );
  });
});

it('cuts off both ends of an interval', () => {
  expect(formatInterval({ lower: 0.84999, upper: 0.92999 })).toBe('84.9%–92.9%');
  expect(formatInterval({ lower: 0, upper: 1 })).toBe('0.0%–100%');
});

it('shows an index by the same rule', () => {
  expect([100, 99.999, 88.35, 0.01, 0].map(formatIndex)).toEqual(['100', '99.9', '88.3', '<0.1', '0']);
});

it('shows a target as it was configured, and counts in groups', () => {
  expect([0.85, 0.925, 1].map(formatTarget)).toEqual(['85%', '92.5%', '100%']);
  expect(formatCount(1_234_567)).toBe('1,234,567');
});

describe('times', () => {
  const at = Date.UTC(2026, 10, 21, 16, 5, 10);
  it('are in the time zone of the gateway', () => {
    expect(formatSecond(at, 'Asia/Shanghai')).toBe('00:05:10');
    expect(formatMinute(at, 'UTC')).toBe('16:05');
    expect(formatDay(at, 'Asia/Shanghai')).toBe('2026-11-22');
  });
  it('name the day where it is not the day of the board', () => {
    expect(formatSince(at, 'Asia/Shanghai', '2026-11-22')).toBe('00:05');
    expect(formatSince(at, 'Asia/Shanghai', '2026-11-23')).toBe('11-22 00:05');
  });
  it('become ages while they are young', () => {
    const age = (ms: number, text = zh) => formatAge(at, at + ms, text, 'UTC', '2026-11-21');
    expect([-5_000, 0, 12_400, 185_000].map((ms) => age(ms))).toEqual([
      '刚刚',
      '刚刚',
      '12 秒前',
      '3 分钟前',
    ]);
    expect(age(12_400, en)).toBe('12 s ago');
    expect(age(3_600_000)).toBe('16:05');
  });
});

it.each([
  ['社保综合窗口12', '社保综合窗口', '12'],
  ['户籍3号窗口', '户籍', '3号窗口'],
  ['企业开办窗口A07', '企业开办窗口', 'A07'],
  ['不动产登记窗口', '不动产登记窗口', ''],
])('cuts %s before what tells it apart', (name, head, tail) => {
  expect(splitName(name)).toEqual({ head, tail });
});
