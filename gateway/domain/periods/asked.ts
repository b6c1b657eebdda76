/** A period as somebody asks for it, as a span of time in a zone; and the spans that it is compared with. */
import { type Named, nameOf, readPeriod } from './names.ts';
import { PeriodRefusal } from './refusal.ts';
import { type Bounds, isWholeDays, spansOf } from './spans.ts';
import { later, type Step, yearBefore } from './steps.ts';
import { DAY_MS, HOUR_MS, type Zone } from './zone.ts';

/** One by its name, or from the beginning of one to the end of another: `2026-11-01`, `2026-11-28` are 28 days. */
export type Asked = { period: string } | { from: string; to: string };

export type AskedSpan = Bounds & {
  /** `2026-11`, or `2026-11-01/2026-11-28`. */
  name: string;
  first: Named;
  last: Named;
};

/** @throws PeriodRefusal `period-unknown`, `period-out-of-range`, `period-never`, `period-twice`, `period-reversed` */
export function readAsked(zone: Zone, asked: Asked): AskedSpan {
  const [from, to] = 'period' in asked ? [asked.period, asked.period] : [asked.from, asked.to];
  const [first, last] = [readPeriod(from), readPeriod(to)];
  const span = { from: boundsOf(zone, first).from, to: boundsOf(zone, last).to };
  if (span.to <= span.from)
    throw new PeriodRefusal(
      'period-reversed',
      `it ends with ${to}, before it begins with ${from}: give the first and the last day, week, … of it`,
    );
  return { name: named(first, last), ...span, first, last };
}

const named = (first: Named, last: Named) => [...new Set([nameOf(first), nameOf(last)])].join('/');

function boundsOf(zone: Zone, one: Named): Bounds {
  if (one.step === 'hour') return hourOf(zone, one);
  const from = zone.firstAt(one.begin);
  const to = zone.firstAt(later(one.step, one.begin, 1));
  if (from < to) return { from, to };
  throw never(zone, one);
}

function hourOf(zone: Zone, one: Named): Bounds {
  const around = {
    from: zone.firstAt(one.begin) - HOUR_MS,
    // No two zones are farther apart.
    to: zone.firstAt(one.begin + HOUR_MS) + 27 * HOUR_MS,
  };
  const name = nameOf(one);
  const found = spansOf(zone, 'hour', around).filter((hour) =>
    one.offset === null
      ? hour.name.startsWith(name)
      : zone.wallAt(hour.from) >= one.begin &&
        zone.wallAt(hour.from) < one.begin + HOUR_MS &&
        zone.offsetAt(hour.from) === one.offset,
  );
  const [only, other] = found;
  if (!only) throw never(zone, one);
  if (!other) return only;
  throw new PeriodRefusal(
    'period-twice',
    `in ${zone.timeZone} clocks were set back, and ${name} came twice: write ${found.map((hour) => hour.name).join(' or ')}`,
  );
}

const never = ({ timeZone }: Zone, one: Named) =>
  new PeriodRefusal(
    'period-never',
    `there never was a ${nameOf(one)} in ${timeZone}: clocks were set ahead over it`,
  );

export const COMPARISONS = ['previous', 'year'] as const;
export type ComparedWith = (typeof COMPARISONS)[number];

/**
 * `previous`: as many hours, days, months, … just before; `year`: those of the same name a year before (of week 53 the last week, of
 * February 29th the 28th).
 * @throws PeriodRefusal `comparison-overlaps`, `period-never` where clocks were set ahead over it
 */
export function comparedSpan(
  zone: Zone,
  asked: AskedSpan,
  compared: ComparedWith,
): Bounds & { name: string } {
  const { first, last } = asked;
  const earlier = compared === 'year' ? aYearBefore(zone, asked) : justBefore(zone, asked);
  if (earlier.to <= earlier.from)
    throw new PeriodRefusal(
      'period-never',
      `there never was a ${earlier.name} in ${zone.timeZone}, to compare with: clocks were set ahead over it`,
    );
  if (earlier.to <= asked.from) return earlier;
  throw new PeriodRefusal(
    'comparison-overlaps',
    `from ${nameOf(first)} to ${nameOf(last)} is longer than a year, and would be compared with a part of itself: ask for a year at most`,
  );
}

function aYearBefore(zone: Zone, { first, last }: AskedSpan) {
  const back = ({ step, begin }: Named): Named => ({ step, begin: yearBefore(step, begin), offset: null });
  const [start, end] = [back(first), back(last)];
  return {
    name: named(start, end),
    from: zone.firstAt(start.begin),
    to: zone.firstAt(later(end.step, end.begin, 1)),
  };
}

function justBefore(zone: Zone, asked: AskedSpan) {
  const { first, last, from, to } = asked;
  const step: Step | null = first.step === last.step ? first.step : isWholeDays(zone, asked) ? 'day' : null;
  // Hours are as long as they are, whatever the wall says.
  if (step === null || step === 'hour') {
    const span = { from: from - (to - from), to: from };
    const [begin, end] = [wallHour(zone, span.from), wallHour(zone, span.to - 1)];
    return { name: named(begin, end), ...span };
  }
  const end = later(last.step, last.begin, 1);
  const count = stepsBetween(step, first.begin, end);
  const begin: Named = { step, begin: later(step, first.begin, -count), offset: null };
  return {
    name: named(begin, { step, begin: later(step, first.begin, -1), offset: null }),
    from: zone.firstAt(begin.begin),
    to: from,
  };
}

const wallHour = (zone: Zone, atMs: number): Named => ({
  step: 'hour',
  begin: Math.floor(zone.wallAt(atMs) / HOUR_MS) * HOUR_MS,
  offset: null,
});

function stepsBetween(step: Step, begin: number, end: number): number {
  if (step === 'day') return Math.round((end - begin) / DAY_MS);
  let count = 0;
  for (let at = begin; at < end; at = later(step, at, 1)) count += 1;
  return count;
}
