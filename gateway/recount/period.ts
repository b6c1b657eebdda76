/** A span of time in words, as the moments that it is in a time zone. */
import { dateText, dayAfter, isDate, type LocalTime, timeOf, weekdayOf } from './local-time.ts';
import { RecountRefusal } from './refusal.ts';

/** Press times, UTC milliseconds; `to` is not part of it. */
export type Span = { from: number; to: number };

export const QUARTER_MS = 900_000;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * `2026`, `2026-Q4`, `2026-11`, `2026-W48` (ISO 8601, from Monday on), `2026-11-28`; or FROM..TO of two of them, both included; or two
 * moments with their zone, of which the second is not included. Rollups are by the quarter of an hour, and so are moments.
 * @throws RecountRefusal `period-invalid`, `period-reversed`, `period-unaligned`
 */
export function readPeriod(text: string, local: LocalTime): Span {
  const [first = '', last = first, ...more] = text.split('..');
  if (more.length > 0) throw invalid(text);
  const [from, to] = [momentOf(first) ?? daysOf(first, local).from, momentOf(last) ?? daysOf(last, local).to];
  if (to <= from)
    throw new RecountRefusal('period-reversed', `${text} ends before it begins: give the earlier one first`);
  if (from % QUARTER_MS !== 0 || to % QUARTER_MS !== 0)
    throw new RecountRefusal(
      'period-unaligned',
      `${text}: what is kept beside the votes is by the quarter of an hour; give moments such as 09:15`,
    );
  return { from, to };
}

function momentOf(text: string): number | null {
  const moment = MOMENT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? null : moment;
}

function daysOf(text: string, local: LocalTime): Span {
  const dates = datesOf(text);
  if (!dates) throw invalid(text);
  return { from: local.startOf(dates.first), to: local.startOf(dates.next) };
}

/** The first of its days, and the first after it. */
function datesOf(text: string): { first: string; next: string } | null {
  const [, year = '', rest] = /^((?:19[7-9]|2\d\d)\d)(?:-(.+))?$/.exec(text) ?? [];
  if (year === '') return null;
  if (rest === undefined) return monthsFrom(Number(year), 1, 12);
  const [, quarter] = /^Q([1-4])$/.exec(rest) ?? [];
  if (quarter !== undefined) return monthsFrom(Number(year), Number(quarter) * 3 - 2, 3);
  const [, week] = /^W(\d\d)$/.exec(rest) ?? [];
  if (week !== undefined) return weekOf(year, Number(week));
  const [, month] = /^(0[1-9]|1[0-2])$/.exec(rest) ?? [];
  if (month !== undefined) return monthsFrom(Number(year), Number(month), 1);
  return isDate(text) ? { first: text, next: dayAfter(text) } : null;
}

function monthsFrom(year: number, month: number, months: number) {
  const firstOf = (of: number) => dateText(Date.UTC(year, of - 1, 1));
  return { first: firstOf(month), next: firstOf(month + months) };
}

/** The first week of a year is that of its 4th of January, the last that of its 28th of December. */
function weekOf(year: string, week: number) {
  const mondayOf = (date: string) => dayAfter(date, -weekdayOf(date));
  const first = dayAfter(mondayOf(`${year}-01-04`), 7 * (week - 1));
  if (week < 1 || timeOf(first) > timeOf(`${year}-12-28`)) return null;
  return { first, next: dayAfter(first, 7) };
}

const invalid = (text: string) =>
  new RecountRefusal(
    'period-invalid',
    `${text} is no period: give 2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-28, or two of them as FROM..TO`,
  );
