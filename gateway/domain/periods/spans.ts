/** Spans of time by hour, day, … of a zone: each begins where the one before it ends. */
import { QUARTER_MS } from '../calendar.ts';
import { nameOf } from './names.ts';
import { PeriodRefusal } from './refusal.ts';
import { beginOf, later, STEP_MS, type Step } from './steps.ts';
import { DAY_MS, HOUR_MS, type Zone } from './zone.ts';

/** UTC milliseconds, multiples of a quarter of an hour, `to` not included. */
export type Bounds = { from: number; to: number };
/** `isCut`: a part of what its name says, because what was asked for begins or ends within it. */
export type Span = Bounds & { name: string; isCut: boolean };

/** Some years by day, two months by hour: an answer of a megabyte or two. */
export const MOST_SPANS = 1_500;

/**
 * They tile `of` without gap and overlap. An hour that comes twice is two; a day that never was is none.
 * @throws PeriodRefusal `period-too-long`
 */
export function spansOf(zone: Zone, step: Step, of: Bounds): Span[] {
  // Before anything is computed: 400 years by the hour are 3.5 million.
  const about = Math.ceil((of.to - of.from) / STEP_MS[step]);
  if (about > MOST_SPANS + 1) throw tooLong(step, about);
  const spans: Span[] = [];
  const whole = step === 'hour' ? hoursFrom(zone, of.from) : stepsFrom(zone, step, of.from);
  for (const { name, from, to } of whole) {
    const cut = { from: Math.max(from, of.from), to: Math.min(to, of.to) };
    if (cut.to > cut.from) spans.push({ name, ...cut, isCut: cut.from !== from || cut.to !== to });
    if (to >= of.to) break;
  }
  if (spans.length > MOST_SPANS) throw tooLong(step, spans.length);
  return spans;
}

const tooLong = (step: Step, count: number) =>
  new PeriodRefusal(
    'period-too-long',
    `by ${step} these are ${count} spans, and an answer has at most ${MOST_SPANS}: ask for a shorter period, or for longer spans`,
  );

type Whole = Bounds & { name: string };

function* stepsFrom(zone: Zone, step: Step, atMs: number): Generator<Whole> {
  let begin = beginOf(step, zone.wallAt(atMs));
  for (let from = zone.firstAt(begin); ; ) {
    const next = later(step, begin, 1);
    const to = zone.firstAt(next);
    if (to > from) yield { name: nameOf({ step, begin, offset: null }), from, to };
    [begin, from] = [next, to];
  }
}

function* hoursFrom(zone: Zone, atMs: number): Generator<Whole> {
  for (const day of stepsFrom(zone, 'day', atMs)) yield* hoursIn(zone, day);
}

function* hoursIn(zone: Zone, { from, to }: Bounds): Generator<Whole> {
  const beginIn = (hour: Bounds) => beginOf('hour', zone.wallAt(hour.from));
  const isSteady = zone.wallAt(from) % HOUR_MS === 0 && hasOneOffset(zone, from, to);
  const hours = isSteady ? steadyHours(from, to) : changingHours(zone, from, to);
  const [twice, seen] = [new Set<number>(), new Set<number>()];
  // What was moved west over midnight has hours of the date before once more, when the next one has begun.
  const near = { from: from - DAY_MS, to: to + DAY_MS };
  if (!isSteady || !hasOneOffset(zone, near.from, near.to))
    for (const begin of changingHours(zone, near.from, near.to).map(beginIn))
      (seen.has(begin) ? twice : seen).add(begin);
  for (const hour of hours) {
    const begin = beginIn(hour);
    const offset = twice.has(begin) ? zone.offsetAt(hour.from) : null;
    yield { name: nameOf({ step: 'hour', begin, offset }), ...hour };
  }
}

/** A place may be in another zone for some hours of a day. */
function hasOneOffset(zone: Zone, from: number, to: number): boolean {
  const offset = zone.offsetAt(from);
  for (let at = to - QUARTER_MS; at > from; at -= QUARTER_MS) if (zone.offsetAt(at) !== offset) return false;
  return true;
}

function steadyHours(from: number, to: number): Bounds[] {
  return Array.from({ length: Math.ceil((to - from) / HOUR_MS) }, (_, index) => ({
    from: from + index * HOUR_MS,
    to: Math.min(to, from + (index + 1) * HOUR_MS),
  }));
}

/** On a day when clocks are changed, by quarters: an hour ends with itself, or with its offset. */
function changingHours(zone: Zone, from: number, to: number): Bounds[] {
  const hours: Bounds[] = [];
  let last = '';
  for (let at = from; at < to; at += QUARTER_MS) {
    const hour = `${beginOf('hour', zone.wallAt(at))} ${zone.offsetAt(at)}`;
    const current = hours.at(-1);
    if (current && hour === last) current.to = at + QUARTER_MS;
    else hours.push({ from: at, to: at + QUARTER_MS });
    last = hour;
  }
  return hours;
}

export const isWholeDays = (zone: Zone, { from, to }: Bounds): boolean =>
  [from, to].every((at) => zone.firstAt(Math.floor(zone.wallAt(at) / DAY_MS) * DAY_MS) === at);
