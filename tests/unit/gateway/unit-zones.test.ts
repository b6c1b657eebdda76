/** In which time zone a unit or window lies, and how its days go on where that is another one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUARTER_MS } from '../../../gateway/domain/calendar.ts';
import type { OrgVersion } from '../../../gateway/domain/org.ts';
import { readAsked } from '../../../gateway/domain/periods/asked.ts';
import { spansOf } from '../../../gateway/domain/periods/spans.ts';
import { HOUR_MS } from '../../../gateway/domain/periods/zone.ts';
import { zoneThrough } from '../../../gateway/domain/periods/zone-through.ts';
import { createTreeThen } from '../../../gateway/domain/tree-then.ts';
import {
  createZonesThen,
  erasWithin,
  readZoneName,
  type UnitZone,
  unknownZones,
} from '../../../gateway/domain/unit-zones.ts';
import { localTimeThrough } from '../../../gateway/recount/local-time.ts';

const EVER = Number.NEGATIVE_INFINITY;
const at = (text: string) => Date.parse(text);
const [CITY, HALL, OFFICE] = [1, 2, 3];
const stood = (kind: 'unit' | 'window', key: number, parentKey: number | null, from = 0): OrgVersion => ({
  ...{ kind, key, parentKey, name: '', from },
});
/** A window that is moved from the hall to the office. */
const MOVED = at('2026-06-01T00:00Z');
const tree = createTreeThen([
  stood('unit', CITY, null),
  stood('unit', HALL, CITY),
  stood('unit', OFFICE, CITY),
  stood('window', 1, HALL),
  stood('window', 1, OFFICE, MOVED),
]);
const set = (unitKey: number, timeZone: string | null, from: string | number): UnitZone => ({
  ...{ unitKey, timeZone, from: typeof from === 'number' ? from : at(from) },
});
const erasOf = (kind: 'unit' | 'window', key: number, ...zones: UnitZone[]) =>
  createZonesThen(tree, zones, 'Asia/Shanghai').eras({ kind, key });

describe('the time zone of a place', () => {
  it('that this runtime does not know is passed over: it is that of the unit above', () => {
    const newer = set(OFFICE, 'Mars/Olympus', '2026-07-01T00:00Z');
    const zones = [set(CITY, 'America/New_York', 0), set(OFFICE, 'Asia/Kathmandu', 0), newer];
    expect(erasOf('unit', OFFICE, ...zones).map(({ timeZone }) => timeZone)).toEqual([
      ...['Asia/Shanghai', 'Asia/Kathmandu', 'America/New_York'],
    ]);
    expect(erasOf('window', 1, ...zones).map(({ timeZone }) => timeZone)).toEqual([
      ...['Asia/Shanghai', 'America/New_York', 'Asia/Kathmandu', 'America/New_York'],
    ]);
    expect(unknownZones(zones)).toEqual([newer]);
  });

  it("is the gateway's where no unit has one", () =>
    expect(erasOf('window', 1)).toEqual([{ from: EVER, timeZone: 'Asia/Shanghai' }]));

  it('is that of the nearest unit that has one, and of where the window stood', () => {
    const zones = [set(CITY, 'Asia/Urumqi', 0), set(OFFICE, 'America/New_York', 0)];
    expect(erasOf('unit', HALL, ...zones)).toMatchObject([
      { timeZone: 'Asia/Shanghai' },
      { timeZone: 'Asia/Urumqi' },
    ]);
    expect(erasOf('window', 1, ...zones)).toEqual([
      { from: EVER, timeZone: 'Asia/Shanghai' },
      { from: 0, timeZone: 'Asia/Urumqi' },
      { from: MOVED, timeZone: 'America/New_York' },
    ]);
  });

  it('is that of above again where it is given up', () => {
    const zones = [
      set(HALL, 'Asia/Kolkata', '2026-01-01T00:00Z'),
      set(CITY, 'Asia/Urumqi', '2026-02-01T00:00Z'),
      set(HALL, null, '2026-03-01T00:00Z'),
    ];
    expect(erasOf('unit', HALL, ...zones)).toEqual([
      { from: EVER, timeZone: 'Asia/Shanghai' },
      { from: at('2026-01-01T00:00Z'), timeZone: 'Asia/Kolkata' },
      { from: at('2026-03-01T00:00Z'), timeZone: 'Asia/Urumqi' },
    ]);
    expect(
      createZonesThen(tree, zones, 'Asia/Shanghai')
        .erasAbove(HALL)
        .map(({ timeZone }) => timeZone),
    ).toEqual(['Asia/Shanghai', 'Asia/Urumqi']);
  });

  it('is named from the beginning of a span on, and where it changes within', () => {
    const eras = [
      { from: EVER, timeZone: 'Asia/Shanghai' },
      { from: 500, timeZone: 'Asia/Urumqi' },
    ];
    expect(erasWithin(eras, { from: 100, to: 500 })).toEqual([{ from: 100, timeZone: 'Asia/Shanghai' }]);
    expect(erasWithin(eras, { from: 100, to: 501 })).toHaveLength(2);
  });

  it.each([
    ['Asia/Shanghai', 'Asia/Shanghai'],
    ['asia/shanghai', 'Asia/Shanghai'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['UTC', 'UTC'],
    ['+08:00', null],
    ['Asia/Nowhere', null],
    ['', null],
    ['A'.repeat(65), null],
  ])('%s is read as %s', (text, name) => expect(readZoneName(text)).toBe(name));
});

describe('days of a place that has come into another zone', () => {
  const shanghai = { from: EVER, timeZone: 'Asia/Shanghai' };
  const days = (eras: Parameters<typeof zoneThrough>[0], from: string, to: string) => {
    const zone = zoneThrough(eras);
    const asked = readAsked(zone, { from, to });
    return spansOf(zone, 'day', asked).map((span) => [span.name, (span.to - span.from) / HOUR_MS]);
  };

  it('are longer or shorter once, by what clocks are set', () => {
    const west = [shanghai, { from: at('2026-06-10T04:00Z'), timeZone: 'America/New_York' }];
    expect(days(west, '2026-06-09', '2026-06-11')).toEqual([
      ['2026-06-09', 24],
      ['2026-06-10', 36],
      ['2026-06-11', 24],
    ]);
    const east = [
      { from: EVER, timeZone: 'America/New_York' },
      { from: at('2026-06-09T16:00Z'), timeZone: 'Asia/Shanghai' },
    ];
    expect(days(east, '2026-06-08', '2026-06-10')).toEqual([
      ['2026-06-08', 24],
      ['2026-06-09', 12],
      ['2026-06-10', 24],
    ]);
  });

  it('have hours of which each name says which, also those of a date that comes again when the next one has begun', () => {
    const moved = zoneThrough([
      shanghai,
      { from: at('2026-06-10T00:30+08:00'), timeZone: 'Asia/Karachi' },
      { from: at('2026-06-12T00:30+05:00'), timeZone: 'America/New_York' },
    ]);
    const hoursOf = (period: string) =>
      spansOf(moved, 'hour', readAsked(moved, { period })).map(({ name }) => name.slice(8));
    expect(hoursOf('2026-06-09').slice(-4)).toEqual(['09T20', '09T21+08:00', '09T22+08:00', '09T23+08:00']);
    expect(hoursOf('2026-06-10').slice(0, 6)).toEqual([
      ...['10T00+08:00', '09T21+05:00', '09T22+05:00', '09T23+05:00', '10T00+05:00', '10T01'],
    ]);
    expect(() => readAsked(moved, { period: '2026-06-09T22' })).toThrow(
      expect.objectContaining({
        code: 'period-twice',
        message: expect.stringContaining('2026-06-09T22+08:00 or 2026-06-09T22+05:00'),
      }),
    );
    const second = readAsked(moved, { period: '2026-06-09T22+05:00' });
    expect([second.from, second.to]).toEqual([at('2026-06-09T22:00+05:00'), at('2026-06-09T23:00+05:00')]);
    // Nine hours back: as many hours later.
    expect(() => readAsked(moved, { period: '2026-06-11T20' })).toThrow(
      expect.objectContaining({ code: 'period-twice' }),
    );
    expect(readAsked(moved, { period: '2026-06-11T20-04:00' }).from).toBe(at('2026-06-11T20:00-04:00'));
    expect(readAsked(moved, { period: '2026-06-11T10' }).from).toBe(at('2026-06-11T10:00+05:00'));
  });

  it('tile every span, and begin when the recount says', () => {
    const zones = [
      'Asia/Shanghai',
      'Asia/Kathmandu',
      'America/New_York',
      'Pacific/Chatham',
      'Australia/Lord_Howe',
    ];
    const begin = at('2026-03-25T00:00Z');
    const anyEras = fc
      .array(fc.record({ quarter: fc.nat({ max: 14 * 96 }), timeZone: fc.constantFrom(...zones) }), {
        ...{ minLength: 1, maxLength: 4 },
      })
      .map((changes) => [
        { from: EVER, timeZone: 'Asia/Shanghai' },
        ...changes
          .map(({ quarter, timeZone }) => ({ from: begin + quarter * QUARTER_MS, timeZone }))
          .sort((a, b) => a.from - b.from),
      ]);
    fc.assert(
      fc.property(anyEras, fc.constantFrom('hour', 'day'), (eras, step) => {
        const zone = zoneThrough(eras);
        const local = localTimeThrough(eras);
        const asked = readAsked(zone, { from: '2026-03-26', to: '2026-04-08' });
        const spans = spansOf(zone, step as 'hour', asked);
        expect(spans[0]?.from).toBe(asked.from);
        expect(spans.at(-1)?.to).toBe(asked.to);
        for (const [index, { to }] of spans.slice(0, -1).entries()) expect(spans[index + 1]?.from).toBe(to);
        // An hour that comes in more than one piece says by which clocks.
        for (const { name } of spans)
          if (!/[+-]\d\d:\d\d$/.test(name))
            expect(spans.filter((span) => span.name === name)).toHaveLength(1);
        if (step === 'day') for (const { name, from } of spans) expect(from).toBe(local.startOf(name));
      }),
      { numRuns: 40 },
    );
  });
});
