/** Periods as people write them: `2026`, `2026-Q4`, `2026-11`, `2026-W48`, `2026-11-28`, `2026-11-28T09` (ISO 8601, but for the quarter). */
import { PeriodRefusal } from './refusal.ts';
import { beginOf, isoWeekOf, type Step, wallOf, weekBegin, weeksIn } from './steps.ts';
import { HOUR_MS, type Wall } from './zone.ts';

/** One hour, day, …; of an hour that comes twice, `offset` says which, see `Zone`. */
export type Named = { step: Step; begin: Wall; offset: number | null };

/** From then on offsets are known and whole quarters of an hour; nobody has voted before. */
export const FIRST_YEAR = 2000;
export const LAST_YEAR = 2999;

const two = (number: number) => String(number).padStart(2, '0');

export function nameOf({ step, begin, offset }: Named): string {
  const text = new Date(begin).toISOString();
  const year = text.slice(0, 4);
  switch (step) {
    case 'hour':
      return `${text.slice(0, 13)}${offset === null ? '' : offsetText(offset)}`;
    case 'day':
      return text.slice(0, 10);
    case 'week': {
      const [weekYear, week] = isoWeekOf(begin);
      return `${weekYear}-W${two(week)}`;
    }
    case 'month':
      return text.slice(0, 7);
    case 'quarter':
      return `${year}-Q${Math.ceil(Number(text.slice(5, 7)) / 3)}`;
    case 'year':
      return year;
  }
}

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** A `+` that is not encoded in an address has become a space. */
const FORMS =
  /^(?<year>\d{4})(?:-Q(?<quarter>[1-4])|-W(?<week>\d\d)|-(?<month>\d\d)(?:-(?<day>\d\d)(?:T(?<hour>\d\d)(?<offset>Z|[ +-]\d\d:\d\d)?)?)?)?$/;

/** @throws PeriodRefusal `period-unknown`, `period-out-of-range` */
export function readPeriod(text: string): Named {
  const parts = FORMS.exec(text)?.groups;
  if (!parts?.year) throw unknown(text, 'it is written otherwise');
  const year = Number(parts.year);
  if (year < FIRST_YEAR || year > LAST_YEAR)
    throw new PeriodRefusal(
      'period-out-of-range',
      `${text} is not within the years ${FIRST_YEAR} to ${LAST_YEAR}: no vote is`,
    );
  const named = (step: Step, begin: Wall): Named => ({ step, begin, offset: null });
  if (parts.quarter) return named('quarter', wallOf(year, (Number(parts.quarter) - 1) * 3));
  if (parts.week) {
    const week = Number(parts.week);
    if (week < 1 || week > weeksIn(year)) throw unknown(text, `${year} has ${weeksIn(year)} weeks`);
    return named('week', weekBegin(year, week));
  }
  if (!parts.month) return named('year', wallOf(year, 0));
  const month = wallOf(year, Number(parts.month) - 1);
  // Month 13 is a month of the next year, to JavaScript.
  if (nameOf(named('month', month)) !== text.slice(0, 7)) throw unknown(text, 'there is no such month');
  if (!parts.day) return named('month', month);
  const day = wallOf(year, Number(parts.month) - 1, Number(parts.day));
  if (beginOf('month', day) !== month) throw unknown(text, 'there is no such day');
  if (!parts.hour) return named('day', day);
  if (Number(parts.hour) > 23) throw unknown(text, 'hours are 00 to 23');
  return { step: 'hour', begin: day + Number(parts.hour) * HOUR_MS, offset: readOffset(parts.offset) };
}

function readOffset(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4));
  return (text.startsWith('-') ? -minutes : minutes) * 60_000;
}

const unknown = (text: string, why: string) =>
  new PeriodRefusal(
    'period-unknown',
    `"${text}" names no period (${why}): write 2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-28 or 2026-11-28T09`,
  );
