/** Spans of time in zones whose clocks are changed by an hour, by half of one, by two, at midnight, by a day, or never. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparedSpan, readAsked } from '../../gateway/domain/periods/asked.ts';
import { spansOf } from '../../gateway/domain/periods/spans.ts';
import { STEP_MS, STEPS } from '../../gateway/domain/periods/steps.ts';
import { zoneOf } from '../../gateway/domain/periods/zone.ts';

const QUARTER_MS = 900_000;
const ZONES = [
  ...['Asia/Shanghai', 'America/New_York', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Australia/Lord_Howe'],
  ...['Pacific/Apia', 'Africa/Cairo', 'Pacific/Chatham', 'Antarctica/Troll', 'Asia/Pyongyang', 'UTC'],
];
const zone = fc.constantFrom(...ZONES).map(zoneOf);
const step = fc.constantFrom(...STEPS);
const [from2001, to2040] = [Date.UTC(2001, 0), Date.UTC(2040, 0)];
const moment = fc
  .integer({ min: from2001 / QUARTER_MS, max: to2040 / QUARTER_MS })
  .map((quarter) => quarter * QUARTER_MS);
/** Of up to some hundred steps, near a change of clocks as often as not. */
const part = fc
  .tuple(zone, step, moment, fc.integer({ min: 1, max: 60 }), fc.boolean())
  .map(([inZone, by, at, count, isNearChange]) => {
    const from = isNearChange ? changeAfter(inZone, at) - Math.floor(count / 2) * STEP_MS[by] : at;
    const begin = Math.max(from2001, Math.floor(from / QUARTER_MS) * QUARTER_MS);
    return {
      zone: inZone,
      by,
      of: { from: begin, to: begin + Math.ceil((count * STEP_MS[by]) / QUARTER_MS) * QUARTER_MS },
    };
  });

function changeAfter(inZone: ReturnType<typeof zoneOf>, at: number): number {
  for (let day = at; day < at + 400 * 86_400_000; day += 86_400_000)
    if (inZone.offsetAt(day) !== inZone.offsetAt(day + 86_400_000)) return day;
  return at;
}

describe('spans of a period', () => {
  it('tile it, without a gap and without overlap', () =>
    fc.assert(
      fc.property(part, ({ zone: inZone, by, of }) => {
        const spans = spansOf(inZone, by, of);
        expect([spans[0]?.from, spans.at(-1)?.to]).toEqual([of.from, of.to]);
        spans.forEach(({ from, to }, index) => {
          expect(to).toBeGreaterThan(from);
          expect([from % QUARTER_MS, to % QUARTER_MS]).toEqual([0, 0]);
          if (index > 0) expect(from).toBe(spans[index - 1]?.to);
        });
      }),
      { numRuns: 300 },
    ));

  it('have names of their own, each of which is read as the span that bears it', () =>
    fc.assert(
      fc.property(part, ({ zone: inZone, by, of }) => {
        const spans = spansOf(inZone, by, of);
        expect(new Set(spans.map(({ name }) => name)).size).toBe(spans.length);
        for (const { name, from, to, isCut } of spans) {
          const read = readAsked(inZone, { period: name });
          expect(read.name).toBe(name);
          if (isCut) expect(read.from <= from && to <= read.to).toBe(true);
          else expect([name, read.from, read.to]).toEqual([name, from, to]);
        }
      }),
      { numRuns: 200 },
    ));

  it('hold what the clock on the wall says, asked of the platform by itself', () =>
    fc.assert(
      fc.property(part, fc.nat(), ({ zone: inZone, by, of }, pick) => {
        const format = new Intl.DateTimeFormat('sv-SE', {
          ...{ timeZone: inZone.timeZone, year: 'numeric', month: '2-digit', day: '2-digit' },
          ...{ hour: '2-digit', hourCycle: 'h23' },
        });
        const at = of.from + (pick % ((of.to - of.from) / QUARTER_MS)) * QUARTER_MS;
        const span = spansOf(inZone, by, of).find(({ from, to }) => from <= at && at < to);
        const [day = '', hour = ''] = format.format(at).replace(' kl.', '').split(' ');
        const [year, month] = day.split('-');
        const expected = {
          hour: `${day}T${hour.slice(0, 2)}`,
          ...{ day, month: `${year}-${month}`, year, week: span?.name },
          quarter: `${year}-Q${Math.floor((Number(month) + 2) / 3)}`,
        }[by];
        expect(by === 'hour' ? span?.name.slice(0, 13) : span?.name).toBe(expected);
      }),
      { numRuns: 300 },
    ));

  it('add up to the same, by whatever they are cut', () =>
    fc.assert(
      fc.property(part, ({ zone: inZone, of }) => {
        const month = { from: of.from, to: of.from + 40 * 86_400_000 };
        for (const by of STEPS)
          expect(spansOf(inZone, by, month).reduce((sum, { from, to }) => sum + to - from, 0)).toBe(
            month.to - month.from,
          );
      }),
      { numRuns: 50 },
    ));
});

it('a period is compared with one that ends where it begins, and with one that ends before', () =>
  fc.assert(
    fc.property(
      zone,
      fc.constantFrom('day', 'week', 'month', 'quarter', 'year'),
      moment,
      (inZone, by, at) => {
        const [span] = spansOf(inZone, by as 'day', { from: at, to: at + QUARTER_MS });
        // Apia has had no 2011-12-30: there is nothing to compare with.
        fc.pre(span?.name !== '2012-12-30' && span?.name !== '2011-12-31');
        const asked = readAsked(inZone, { period: span?.name ?? '' });
        const previous = comparedSpan(inZone, asked, 'previous');
        expect(previous.to).toBe(asked.from);
        expect(previous.from).toBeLessThan(previous.to);
        expect(comparedSpan(inZone, asked, 'year').to).toBeLessThanOrEqual(asked.from);
      },
    ),
    { numRuns: 300 },
  ));
